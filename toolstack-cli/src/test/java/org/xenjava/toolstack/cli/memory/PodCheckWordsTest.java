// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The advisory's table, row by row. */
class PodCheckWordsTest {
    private static PodCheck check(long cache, long entries) {
        return PodCheck.of(new PodStatus(7, "guest", new PodCounters(2265, cache, entries)));
    }

    @Test
    void aSmallDebtIsVulnerableAndOneMebibyteCoversIt() {
        PodCheck check = check(1024, 1224);
        assertEquals(
                List.of(
                        "checked domain 7 for XSA-153: VULNERABLE (200 more outstanding pages)",
                        "try using   xl mem-set   to reduce its memory by 1 (Mby)",
                        "or perhaps reduce /local/domain/7/memory/target by 800"),
                check.lines());
        assertEquals(1, check.exitStatus());
    }

    @Test
    void aDebtOf256PagesIsStillSmall() {
        assertEquals(
                "or perhaps reduce /local/domain/7/memory/target by 1024",
                check(0, 256).lines().get(2));
    }

    @Test
    void aLargeDebtPointsAtTheBalloonDriver() {
        PodCheck check = check(0, 257);
        assertEquals(
                List.of(
                        "checked domain 7 for XSA-153: VULNERABLE (257 more outstanding pages)",
                        "difference is >1Mby",
                        "ballon driver not running or guest still booting?"),
                check.lines());
        assertEquals(1, check.exitStatus());
    }

    @Test
    void aSurplusShouldNotHappen() {
        PodCheck check = check(5, 3);
        assertEquals(
                List.of("checked domain 7 for XSA-153: SHOULD NOT HAPPEN!!! cache=5 > outstanding=3"), check.lines());
        assertEquals(2, check.exitStatus());
    }

    @Test
    void equalCountersAreNotVulnerable() {
        assertEquals(
                List.of("checked domain 7 for XSA-153: NOT vulnerable"),
                check(9, 9).lines());
        assertEquals(0, check(9, 9).exitStatus());
    }

    @Test
    void noCountersMeanNoPod() {
        assertEquals(
                List.of("checked domain 7 for XSA-153: NOT vulnerable (not using PoD (any more))"),
                check(0, 0).lines());
        assertEquals(0, check(0, 0).exitStatus());
    }
}
