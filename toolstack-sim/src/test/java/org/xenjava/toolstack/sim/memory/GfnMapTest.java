// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class GfnMapTest {
    private static final int SPACE = 4096;

    private final GfnMap map = new GfnMap(GfnMap.ORDER_1G);

    private void mark(long gfn, int order) {
        map.set(gfn, order, GfnType.POPULATE_ON_DEMAND, GfnMap.NO_MFN);
    }

    @Test
    void alignedExtentsBecomeTheLargestEntriesThatTheHardwareHas() {
        mark(0, 18);
        assertEquals(18, map.at(5).order());
        GfnMap twoMebibytes = new GfnMap(GfnMap.ORDER_2M);
        twoMebibytes.set(0, 18, GfnType.POPULATE_ON_DEMAND, GfnMap.NO_MFN);
        assertEquals(9, twoMebibytes.at(5).order());
        map.set(1 << 20, 9, GfnType.RAM, 256);
        assertEquals(0, map.at(1 << 20).order(), "an entry must be aligned on both sides");
    }

    @Test
    void aHoleInAGigabyteSplitsItTwice() {
        mark(0, 18);
        map.clear(1000, 1);
        assertEquals(0, map.at(999).order());
        assertEquals(9, map.at(400).order());
        assertEquals(9, map.at(1024).order());
        assertEquals(GfnType.HOLE, map.at(1000).type());
        assertEquals((1 << 18) - 1, map.count(0, 1 << 18, GfnType.POPULATE_ON_DEMAND));
    }

    @Test
    void neighboursOfOneKindAreOneRun() {
        for (long block = 0; block < 4096; block++) {
            map.set(block * 512, 9, GfnType.RAM, block * 512);
        }
        assertEquals(1, map.runs().size());
        assertEquals(4096L * 512, map.at(0).pages());
        map.set(4096L * 512, 9, GfnType.RAM, 0);
        assertEquals(2, map.runs().size());
    }

    @Test
    void aChangeAtTheEdgeOfASplitEntryLeavesItsNeighboursAlone() {
        mark(0, 9);
        mark(512, 9);
        map.clear(0, 1);
        map.set(512, 0, GfnType.RAM, 7);
        assertEquals(511 + 511, map.count(0, 1024, GfnType.POPULATE_ON_DEMAND));
        assertEquals(1, map.count(0, 1024, GfnType.RAM));
    }

    @Test
    void theHighestGfnNeverFalls() {
        mark(100, 0);
        map.clear(100, 1);
        assertEquals(100, map.highestEverMapped());
    }

    /** Compares the map with a model that has one element for each gfn. */
    @Property(tries = 200, seed = "153")
    void everyGfnIsWhatItWasLastSetTo(
            @ForAll @Size(max = 60) List<@IntRange(max = SPACE - 1) Integer> gfns,
            @ForAll @Size(min = 60, max = 60) List<@IntRange(max = 11) Integer> choices) {
        GfnMap tested = new GfnMap(GfnMap.ORDER_2M);
        Map<Long, Long> model = new HashMap<>();
        for (int i = 0; i < gfns.size(); i++) {
            int order = choices.get(i) % 10;
            long gfn = gfns.get(i) & -(1L << order);
            long mfn = (1L << 20) + (long) i * SPACE;
            if (choices.get(i) == 11) {
                tested.clear(gfn, 1L << order);
            } else {
                tested.set(gfn, order, GfnType.RAM, mfn);
            }
            for (long page = 0; page < 1L << order; page++) {
                if (choices.get(i) == 11) {
                    model.remove(gfn + page);
                } else {
                    model.put(gfn + page, mfn + page);
                }
            }
        }
        for (long gfn = 0; gfn < SPACE; gfn++) {
            assertEquals(model.getOrDefault(gfn, GfnMap.NO_MFN), tested.at(gfn).mfnOf(gfn));
        }
    }
}
