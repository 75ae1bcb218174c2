// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory.layout;

import java.util.stream.LongStream;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The fixed addresses in the guest-physical memory of an HVM domain, beside RAM and {@link SpecialPage}s, as
 * hvmloader and libxenguest use them ({@code tools/firmware/hvmloader/config.h}, {@code xen/include/public/hvm/}; the
 * same from Xen 4.14 to 4.22).
 */
public final class HvmLayout {
    /** First byte of the frame buffer of a VGA card, where there is no RAM. */
    public static final long VGA_HOLE_START = 0xA_0000L;

    /** First byte behind the VGA hole. */
    public static final long VGA_HOLE_END = 0xC_0000L;

    /** The frames of nominal RAM that are missing in the VGA hole. */
    public static final Pages VGA_HOLE = Pages.holding(VGA_HOLE_END - VGA_HOLE_START);

    /** First byte of the smallest hole for devices, which ends at 4 GiB. */
    private static final long MMIO_HOLE_START = 0xF000_0000L;

    private static final long MMIO_HOLE_END = 1L << 32;

    /** End of the low megabyte, whose memory map hvmloader makes. */
    public static final long LOW_MEGABYTE_END = 0x10_0000L;

    /** Address at which hvmloader looks for {@code hvm_info_table}. */
    public static final long INFO_TABLE = 0x9_F800L;

    /** First of the pages that device models use for their I/O requests. */
    public static final long FIRST_IOREQ_SERVER_GFN = 0xFEFF0L;

    /** Number of the pages that device models use for their I/O requests. */
    public static final int IOREQ_SERVER_PAGES = 8;

    private HvmLayout() {}

    /** {@return every guest frame of the I/O request pages, in order} */
    public static long[] ioreqServerGfns() {
        return LongStream.range(FIRST_IOREQ_SERVER_GFN, FIRST_IOREQ_SERVER_GFN + IOREQ_SERVER_PAGES)
                .toArray();
    }

    /**
     * {@return the first byte of the machine's hole for devices}
     *
     * @param machine the machine
     */
    public static long mmioHoleStart(HvmConfig machine) {
        long bytes = machine.mmioHole().orElse(KiB.ZERO).toPages().count() << Pages.SHIFT;
        return Math.min(MMIO_HOLE_START, MMIO_HOLE_END - bytes);
    }
}
