// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.util.OptionalLong;
import org.xenjava.toolstack.sim.guest.BalloonFamily;

/**
 * The numbers that a balloon driver has, and the arithmetic of each family on them. All counts are in pages.
 *
 * @param first the keys at the driver's first look
 * @param now the keys at present
 * @param nominalPages RAM without video RAM, the VGA hole included
 * @param visiblePages RAM that the operating system may use
 * @param highestPfn the pfn behind the last
 * @param reservationAtStart pages that Xen said the domain owned when the driver started
 */
record BalloonView(
        BalloonKeys first,
        BalloonKeys now,
        long nominalPages,
        long visiblePages,
        long highestPfn,
        long reservationAtStart) {
    private static final long PAGES_PER_MIB = 256;

    /**
     * Pages that a driver of that family keeps out of use. Negative if the driver computes that the guest is too
     * small; empty while the driver waits for a key.
     */
    OptionalLong held(BalloonFamily family) {
        boolean sized = first.staticMax().isPresent();
        return switch (family) {
            case NONE -> OptionalLong.of(0);
            case LINUX_UP_TO_3_12 -> above(highestPfn);
            case LINUX_3_13_TO_4_12 -> above(visiblePages);
            case LINUX_4_13 -> above(first.targetPages());
            case LINUX_4_14_TO_5_5 -> above(sized ? first.staticMaxPages() : first.targetPages());
            case LINUX -> above(sized ? first.staticMaxPages() : visiblePages);
            case WINDOWS -> sized ? above(first.staticMaxPages() - first.videoPages()) : OptionalLong.empty();
            case WINDOWS_EARLY -> sized ? above(first.staticMaxPages()) : OptionalLong.empty();
            case FREEBSD -> OptionalLong.of(nominalPages - Math.max(now.targetPages(), freeBsdMinimumPages()));
            case NETBSD -> above(reservationAtStart);
        };
    }

    private OptionalLong above(long assumedPages) {
        return OptionalLong.of(assumedPages - now.targetPages());
    }

    private long freeBsdMinimumPages() {
        long mib = nominalPages / PAGES_PER_MIB;
        long minimum;
        if (mib < 128) {
            minimum = 8 + mib / 2;
        } else if (mib < 512) {
            minimum = 40 + mib / 4;
        } else if (mib < 2048) {
            minimum = 104 + mib / 8;
        } else {
            minimum = 296 + mib / 32;
        }
        return minimum * PAGES_PER_MIB;
    }
}
