// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.RamRange;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The ranges of a guest's RAM, and the amount that may be used during the build.
 *
 * @param layout the ranges of the RAM
 * @param backed pages that may be written before the guest runs: all RAM, or less in populate-on-demand mode
 * @param reserved ranges that the memory map shows as reserved: devices of the host need them
 */
public record RamBounds(GuestLayout layout, Pages backed, List<RamRange> reserved) {
    /** A guest without memory that devices of the host need. */
    public RamBounds(GuestLayout layout, Pages backed) {
        this(layout, backed, List.of());
    }

    /** The content of a page before its first write. */
    RamContents.FreshPages fresh() {
        return layout.frames().isMoreThan(backed) ? RamContents.FreshPages.ZERO : RamContents.FreshPages.UNDEFINED;
    }

    /**
     * Checks that images fit into the RAM.
     *
     * @param what names of the images, such as {@code kernel and ramdisk}
     * @param start guest-physical address of the first byte
     * @param end guest-physical address of the first byte behind them
     * @throws KernelImageException if they end behind the RAM below 4 GiB, or need more pages than may be written
     */
    void requireFits(String what, long start, long end) {
        if (end > layout.lowMemEnd()) {
            throw new KernelImageException(what + " reach up to " + mebibytes(end) + ", but the guest's memory below 4"
                    + " GiB ends at " + mebibytes(layout.lowMemEnd()) + ": raise maxmem, or take smaller files");
        }
        Pages needed = PageRange.holding(start, end - start).pages();
        if (needed.isMoreThan(backed)) {
            throw new KernelImageException(what + " take " + mebibytes(needed) + ", but the guest boots with memory="
                    + mebibytes(backed) + ": raise memory, or take smaller files");
        }
    }

    private static String mebibytes(Pages pages) {
        return mebibytes(pages.count() << Pages.SHIFT);
    }

    /** Formats a size, such as {@code 58.50 MiB}. */
    static String mebibytes(long bytes) {
        double mib = bytes / (double) (1 << 20);
        return mib == Math.rint(mib)
                ? String.format(Locale.ROOT, "%.0f MiB", mib)
                : String.format(Locale.ROOT, "%.2f MiB", mib);
    }
}
