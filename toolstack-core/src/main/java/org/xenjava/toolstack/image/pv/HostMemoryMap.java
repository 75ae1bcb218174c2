// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;

/**
 * The memory map of a PV guest that uses devices of the host: where the host has something else than RAM, the guest has no
 * RAM. Its kernel finds the registers of the devices at their addresses in the host.
 */
public final class HostMemoryMap {
    /** The guest has RAM in the first MiB, whatever the host has there. */
    private static final long LOW_END = 0x10_0000;

    private static final long HIGH_START = 1L << 32;

    private HostMemoryMap() {}

    /**
     * Makes the map as {@code e820_sanitize} of libxl_x86.c does. RAM that finds no place below the host's first other
     * range is above 4 GiB; unlike libxl, so that it overlaps nothing there.
     *
     * @param host the host's map
     * @param memory the guest's memory at the start, in bytes
     * @param maxMemory the memory that the guest may grow to, in bytes
     */
    public static List<MemoryMapEntry> of(List<MemoryMapEntry> host, long memory, long maxMemory) {
        List<MemoryMapEntry> upper = host.stream()
                .filter(entry -> entry.address() > LOW_END)
                .sorted(Comparator.comparingLong(MemoryMapEntry::address))
                .toList();
        long devices = upper.stream()
                .filter(entry -> entry.type() != Type.RAM && entry.type() != Type.UNUSABLE)
                .mapToLong(MemoryMapEntry::address)
                .filter(address -> address < HIGH_START)
                .findFirst()
                .orElse(HIGH_START);
        long lowEnd = Math.min(memory, devices);
        List<MemoryMapEntry> map = new ArrayList<>();
        map.add(new MemoryMapEntry(0, lowEnd, Type.RAM));
        if (lowEnd < devices) {
            map.add(new MemoryMapEntry(lowEnd, devices - lowEnd, Type.UNUSABLE));
        }
        for (MemoryMapEntry entry : upper) {
            boolean ram = entry.type() == Type.RAM;
            if (entry.address() >= devices && !(ram && entry.address() >= HIGH_START)) {
                map.add(ram ? new MemoryMapEntry(entry.address(), entry.bytes(), Type.UNUSABLE) : entry);
            }
        }
        addHigh(map, maxMemory - lowEnd);
        return List.copyOf(map);
    }

    /** Adds RAM from 4 GiB on, around the entries there. */
    private static void addHigh(List<MemoryMapEntry> map, long bytes) {
        long start = HIGH_START;
        long left = bytes;
        List<MemoryMapEntry> ram = new ArrayList<>();
        for (MemoryMapEntry entry : map) {
            if (entry.end() > start && left > 0) {
                long fits = Math.min(left, Math.max(0, entry.address() - start));
                add(ram, start, fits);
                left -= fits;
                start = Math.max(start, entry.end());
            }
        }
        add(ram, start, left);
        map.addAll(ram);
    }

    private static void add(List<MemoryMapEntry> ram, long start, long bytes) {
        if (bytes > 0) {
            ram.add(new MemoryMapEntry(start, bytes, Type.RAM));
        }
    }
}
