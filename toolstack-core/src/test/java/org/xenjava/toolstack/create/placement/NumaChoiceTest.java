// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.create.placement.NumaChoice.Node;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

class NumaChoiceTest {
    private static final long GIB = 1L << 30;

    private static Node node(int number, long freeGib, int vcpus) {
        return new Node(number, CpuSet.of(2 * number, 2 * number + 1), freeGib * GIB, vcpus);
    }

    private static Optional<CpuSet> choose(long gib, int vcpus, Node... nodes) {
        return NumaChoice.of(List.of(nodes), gib * GIB, vcpus);
    }

    @Test
    void theEmptierNodeIsChosen() {
        assertEquals(Optional.of(CpuSet.of(1)), choose(1, 1, node(0, 8, 5), node(1, 4, 1)));
    }

    @Test
    void ofEquallyCrowdedNodesTheOneWithMoreFreeMemoryIsChosen() {
        assertEquals(Optional.of(CpuSet.of(1)), choose(1, 2, node(0, 3, 2), node(1, 4, 2)));
    }

    @Test
    void aNodeWithoutTheMemoryIsNotChosen() {
        assertEquals(Optional.of(CpuSet.of(0)), choose(4, 1, node(0, 8, 9), node(1, 3, 0)));
    }

    @Test
    void aNodeWithTooFewCpusIsNotChosen() {
        Node big = new Node(2, CpuSet.of(4, 5, 6, 7), 2 * GIB, 7);
        assertEquals(Optional.of(CpuSet.of(2)), choose(1, 3, node(0, 8, 0), node(1, 8, 0), big));
    }

    @Test
    void severalNodesAreChosenIfOneIsTooSmall() {
        assertEquals(Optional.of(CpuSet.of(0, 2)), choose(6, 1, node(0, 4, 1), node(1, 1, 0), node(2, 3, 1)));
    }

    @Test
    void withoutAChoiceNothingIsChosen() {
        assertEquals(Optional.empty(), choose(1, 1, node(0, 8, 0)));
        assertEquals(Optional.empty(), choose(20, 1, node(0, 8, 0), node(1, 8, 0)));
        assertEquals(Optional.empty(), choose(1, 4, node(0, 8, 0), node(1, 8, 0)));
    }
}
