// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;

class HostMemoryMapTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** The host of the recording: a q35 machine of QEMU with 4 GiB. */
    private static final List<MemoryMapEntry> HOST = map(
            "0 9fc00 RAM",
            "9fc00 400 RESERVED",
            "f0000 10000 RESERVED",
            "100000 7fedc000 RAM",
            "7ffdc000 24000 RESERVED",
            "b0000000 10000000 RESERVED",
            "fec00000 1000 RESERVED",
            "fed1c000 4000 RESERVED",
            "fee00000 100000 RESERVED",
            "fffc0000 40000 RESERVED",
            "100000000 80000000 RAM",
            "fd00000000 300000000 RESERVED");

    private static List<MemoryMapEntry> map(String... entries) {
        return Arrays.stream(entries)
                .map(entry -> entry.split(" "))
                .map(parts -> new MemoryMapEntry(
                        Long.parseLong(parts[0], 16), Long.parseLong(parts[1], 16), Type.valueOf(parts[2])))
                .toList();
    }

    private static String text(List<MemoryMapEntry> map) {
        return map.stream()
                .map(entry ->
                        Long.toHexString(entry.address()) + " " + Long.toHexString(entry.bytes()) + " " + entry.type())
                .collect(Collectors.joining("\n"));
    }

    /** Recorded from xl 4.17 with memory=128 and maxmem=160. */
    @Test
    void theMapIsThatOfXl() {
        assertEquals(
                """
                0 8000000 RAM
                8000000 77fdc000 UNUSABLE
                7ffdc000 24000 RESERVED
                b0000000 10000000 RESERVED
                fec00000 1000 RESERVED
                fed1c000 4000 RESERVED
                fee00000 100000 RESERVED
                fffc0000 40000 RESERVED
                fd00000000 300000000 RESERVED
                100000000 2000000 RAM"""
                        .strip(),
                text(HostMemoryMap.of(HOST, 128 * MIB, 160 * MIB)));
    }

    @Test
    void ramThatFindsNoPlaceBelowTheDevicesIsAbove4GiB() {
        List<MemoryMapEntry> map = HostMemoryMap.of(HOST, 3 * GIB, 3 * GIB);
        assertEquals(new MemoryMapEntry(0, 0x7ffdc000, Type.RAM), map.get(0));
        assertEquals(new MemoryMapEntry(4 * GIB, 3 * GIB - 0x7ffdc000, Type.RAM), map.get(map.size() - 1));
        assertEquals(Type.RESERVED, map.get(1).type());
    }

    @Test
    void ramAbove4GiBLeavesTheHostsOtherRangesOut() {
        List<MemoryMapEntry> host = map(
                "0 a0000 RAM",
                "100000 3ff00000 RAM",
                "40000000 c0000000 RESERVED",
                "140000000 40000000 RESERVED",
                "180000000 40000000 RAM");
        assertEquals(
                """
                0 40000000 RAM
                40000000 c0000000 RESERVED
                140000000 40000000 RESERVED
                100000000 40000000 RAM
                180000000 40000000 RAM"""
                        .strip(),
                text(HostMemoryMap.of(host, 2 * GIB, 3 * GIB)));
    }

    @Test
    void ramOfTheHostBetweenItsDevicesIsUnusable() {
        List<MemoryMapEntry> host = map(
                "100000 3ff00000 RAM",
                "40000000 1000 NVS",
                "40001000 1000000 RAM",
                "41001000 1000 UNUSABLE",
                "100000000 40000000 RAM");
        assertEquals(
                """
                0 4000000 RAM
                4000000 3c000000 UNUSABLE
                40000000 1000 NVS
                40001000 1000000 UNUSABLE
                41001000 1000 UNUSABLE"""
                        .strip(),
                text(HostMemoryMap.of(host, 64 * MIB, 64 * MIB)));
    }
}
