// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The memory map that the firmware of the simulated computer gives to Xen, as QEMU's q35 machine has it. */
public final class FirmwareMemoryMap {
    private static final long CONVENTIONAL_END = 0x9_fc00;
    private static final long BIOS = 0xf_0000;
    private static final long MIB = 0x10_0000;
    private static final long LOW_END = 0x8000_0000L;
    private static final long ACPI_BYTES = 0x2_4000;
    private static final long HIGH_START = 1L << 32;

    private static final int RAM = 1;
    private static final int RESERVED = 2;

    private FirmwareMemoryMap() {}

    /**
     * A range of addresses.
     *
     * @param start first byte
     * @param bytes length in bytes
     * @param type 1 for RAM, 2 for reserved memory
     */
    public record Range(long start, long bytes, int type) {}

    /** @param pages all memory of the computer */
    static List<Range> of(long pages) {
        long bytes = pages << Pages.SHIFT;
        long lowEnd = Math.min(bytes, LOW_END);
        List<Range> map = new ArrayList<>(List.of(
                range(0, CONVENTIONAL_END, RAM),
                range(CONVENTIONAL_END, 0xa_0000, RESERVED),
                range(BIOS, MIB, RESERVED),
                range(MIB, lowEnd - ACPI_BYTES, RAM),
                range(lowEnd - ACPI_BYTES, lowEnd, RESERVED),
                range(0xb000_0000L, 0xc000_0000L, RESERVED),
                range(0xfed1_c000L, 0xfed2_0000L, RESERVED),
                range(0xfffc_0000L, HIGH_START, RESERVED)));
        if (bytes > lowEnd) {
            map.add(range(HIGH_START, HIGH_START + bytes - lowEnd, RAM));
        }
        return List.copyOf(map);
    }

    private static Range range(long start, long end, int type) {
        return new Range(start, end - start, type);
    }
}
