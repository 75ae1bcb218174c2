// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.Locale;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The place of a guest's RAM, and how much of it has pages behind it when the guest is built.
 *
 * @param layout of the RAM
 * @param backed what may be touched before the guest runs: all of the RAM, or less in populate-on-demand mode
 */
public record RamBounds(GuestLayout layout, Pages backed) {
    /** The content of a page to which nothing was written. */
    FreshPages fresh() {
        return layout.frames().isMoreThan(backed) ? FreshPages.ZERO : FreshPages.UNDEFINED;
    }

    /**
     * Refuses what does not fit.
     *
     * @param what its names, such as {@code kernel and ramdisk}
     * @param start guest-physical address of its first byte
     * @param end of the first byte behind it
     * @throws KernelImageException if it reaches beyond the RAM below 4 GiB, or needs more pages than there are
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

    /** Such as {@code 58.50 MiB}. */
    static String mebibytes(long bytes) {
        double mib = bytes / (double) (1 << 20);
        return mib == Math.rint(mib)
                ? String.format(Locale.ROOT, "%.0f MiB", mib)
                : String.format(Locale.ROOT, "%.2f MiB", mib);
    }
}
