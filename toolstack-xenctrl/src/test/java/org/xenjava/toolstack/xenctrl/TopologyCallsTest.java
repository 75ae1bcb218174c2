// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.TopologyCalls.CpuPlace;
import org.xenjava.toolstack.xenctrl.TopologyCalls.NodeMemory;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The bytes were written by hand from Xen 4.17's public headers. */
class TopologyCallsTest extends HypercallBytes {
    @Test
    void eachCpuHasAPlaceOrIsOffline() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("10000000 15000000"), xen.hex(args[0], 8));
            long array = request.getLong(16);
            if (array != 0) {
                xen.at(array)
                        .putInt(0, 1)
                        .putInt(4, 2)
                        .putInt(8, 3)
                        .putInt(12, -1)
                        .putInt(16, -1)
                        .putInt(20, -1);
            }
            request.putInt(8, 2);
            return 0;
        });
        assertEquals(
                List.of(new CpuPlace(1, 2, 3), new CpuPlace(-1, -1, -1)),
                xenctrl.topology().cpus());
    }

    @Test
    void nodesHaveMemoryAndDistances() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("11000000 15000000"), xen.hex(args[0], 8));
            if (request.getLong(16) != 0) {
                xen.at(request.getLong(16))
                        .putLong(0, 2L << 30)
                        .putLong(8, 1L << 30)
                        .putLong(16, 0xFFFF_FFFFL)
                        .putLong(24, 7);
                xen.at(request.getLong(24))
                        .putInt(0, 10)
                        .putInt(4, 21)
                        .putInt(8, 21)
                        .putInt(12, 10);
            }
            request.putInt(8, 2);
            return 0;
        });
        assertEquals(
                List.of(new NodeMemory(2L << 30, 1L << 30, List.of(10, 21)), new NodeMemory(0, 0, List.of(21, 10))),
                xenctrl.topology().nodes());
    }

    @Test
    void aListOfDevicesIsContinuedWhereXenStopped() {
        long[] nodes = {0};
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("16000000 15000000"), xen.hex(args[0], 8));
            if (nodes[0] == 0) {
                assertEquals(3, request.getInt(8));
                assertEquals(hex("00000740 01000801"), xen.hex(request.getLong(16), 8));
                nodes[0] = request.getLong(24);
                xen.at(nodes[0]).putInt(0, 1).putInt(4, -1);
                request.putInt(8, 2);
            } else {
                assertEquals(1, request.getInt(8));
                assertEquals(nodes[0] + 8, request.getLong(24));
                xen.at(nodes[0]).putInt(8, -2);
            }
            return 0;
        });
        assertEquals(
                List.of(OptionalInt.of(1), OptionalInt.empty(), OptionalInt.empty()),
                xenctrl.topology()
                        .nodes(List.of(new PciAddress(0, 7, 0x40), new PciAddress(1, 8, 1), new PciAddress(0, 9, 0))));
    }

    @Test
    void theNodesOfADomainAreABitmap() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            if (op == 35) {
                request.putInt(8, 2);
            } else {
                assertEquals(69, request.getInt(0));
                xen.at(request.getLong(16)).put(0, (byte) 2);
            }
            return 0;
        });
        assertEquals(CpuSet.of(1), xenctrl.topology().nodeAffinity(5));
    }

    @Test
    void theNodesThatAGuestSeesAreFourTables() {
        xen.answering((op, args) -> {
            assertEquals(
                    hex("4a000000 15000000 05000000 00000000 02000000 03000000 01000000 00000000"),
                    xen.hex(args[0], 32));
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("0a000000 14000000 15000000 0b000000"), xen.hex(request.getLong(32), 16));
            assertEquals(hex("01000000"), xen.hex(request.getLong(40), 4));
            assertEquals(hex("03000000 02000000"), xen.hex(request.getLong(48), 8));
            assertEquals(
                    hex("00000000 00000000 00000010 00000000 00000000 00000000"
                            + "00000010 00000000 000000f0 00000000 00000000 01000000"
                            + "00000000 01000000 00000010 01000000 00000000 01000000"),
                    xen.hex(request.getLong(56), 72));
            return 0;
        });
        xenctrl.topology()
                .setVirtualTopology(
                        5,
                        new VirtualTopology(
                                List.of(3, 2),
                                List.of(10, 20, 21, 11),
                                List.of(1),
                                List.of(
                                        new VirtualTopology.Range(0, 0x1000_0000L, 0),
                                        new VirtualTopology.Range(0x1000_0000L, 0xF000_0000L, 1),
                                        new VirtualTopology.Range(1L << 32, 0x1_1000_0000L, 1))));
    }
}
