// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.util.OptionalLong;

/** How the families of balloon drivers reckon the number of pages that they keep out of the guest's use. */
public enum BalloonFamily {
    /** No driver: an installer, a firmware shell, a memory test. */
    NONE {
        @Override
        OptionalLong held(View view) {
            return OptionalLong.of(0);
        }
    },

    /** Linux up to 3.12: believes that it has all pages up to the highest, the hole below 4 GiB included. */
    LINUX_UP_TO_3_12 {
        @Override
        OptionalLong held(View view) {
            return OptionalLong.of(view.highestPfn() - view.now().targetPages());
        }
    },

    /** Linux 3.13 to 4.12: believes that it has what the memory map shows, without what firmware hides. */
    LINUX_3_13_TO_4_12 {
        @Override
        OptionalLong held(View view) {
            return OptionalLong.of(view.visiblePages() - view.now().targetPages());
        }
    },

    /** Linux 4.13.0: takes its size at the first target for that target, so it frees nothing at boot. */
    LINUX_4_13 {
        @Override
        OptionalLong held(View view) {
            return OptionalLong.of(view.first().targetPages() - view.now().targetPages());
        }
    },

    /** Linux 4.14 to 5.5: static-max less target; as 4.13 if there is no static-max (xend). */
    LINUX_4_14_TO_5_5 {
        @Override
        OptionalLong held(View view) {
            return view.first().staticMax().isPresent() ? LINUX.held(view) : LINUX_4_13.held(view);
        }
    },

    /** Linux since 5.6: static-max less target, whatever it sees; as 3.13 if there is no static-max. */
    LINUX {
        @Override
        OptionalLong held(View view) {
            return view.first().staticMax().isPresent()
                    ? OptionalLong.of(view.first().staticMaxPages() - view.now().targetPages())
                    : LINUX_3_13_TO_4_12.held(view);
        }
    },

    /** Windows PV drivers: static-max less video RAM less target; waits for ever for a missing static-max. */
    WINDOWS {
        @Override
        OptionalLong held(View view) {
            return view.first().staticMax().isPresent()
                    ? OptionalLong.of(view.first().staticMaxPages()
                            - view.first().videoPages()
                            - view.now().targetPages())
                    : OptionalLong.empty();
        }
    },

    /** Early Windows PV drivers, which did not know of video RAM. */
    WINDOWS_EARLY {
        @Override
        OptionalLong held(View view) {
            return view.first().staticMax().isPresent()
                    ? OptionalLong.of(view.first().staticMaxPages() - view.now().targetPages())
                    : OptionalLong.empty();
        }
    },

    /** FreeBSD 9 to 14: all the memory that the firmware reports less the target, but never below a minimum. */
    FREEBSD {
        @Override
        OptionalLong held(View view) {
            long least = Math.max(view.now().targetPages(), freeBsdMinimumPages(view.nominalPages()));
            return OptionalLong.of(view.nominalPages() - least);
        }
    },

    /** NetBSD: what Xen says that it owns less the target, so it never gets near a populate-on-demand target. */
    NETBSD {
        @Override
        OptionalLong held(View view) {
            return OptionalLong.of(view.reservationAtStart() - view.now().targetPages());
        }
    };

    private static final long PAGES_PER_MIB = 256;

    /**
     * What a driver knows.
     *
     * @param first the keys at its first look
     * @param now the keys as they are
     * @param nominalPages RAM without video RAM, the VGA hole included
     * @param visiblePages RAM that the operating system may use
     * @param highestPfn the pfn behind the last
     * @param reservationAtStart pages that Xen said the domain owned when the driver started
     */
    record View(
            BalloonKeys first,
            BalloonKeys now,
            long nominalPages,
            long visiblePages,
            long highestPfn,
            long reservationAtStart) {}

    /** Pages to keep out of use; negative if it believes to be too small; empty while it does not know. */
    abstract OptionalLong held(View view);

    private static long freeBsdMinimumPages(long nominalPages) {
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

    /** Whether its pages are overwritten with zeroes before they are given back, as Linux is configured by default. */
    boolean scrubs() {
        return name().startsWith("LINUX");
    }
}
