// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * How far the host backs a populate-on-demand guest while it boots. Until its balloon driver has worked, such a guest
 * has fewer pages than entries by design, and crashes if it fills its memory first. While its PoD cache holds a page
 * for every entry, no load can crash it; Xen frees the surplus as the driver balloons, and the end is the same.
 */
public sealed interface BackedBoot {
    /** Pages of the host that stay free and unclaimed by default: 64 MiB. */
    Pages STANDARD_RESERVE = KiB.ofMiB(64).toPages();

    /** The guest boots with the PoD cache of its build. */
    record Off() implements BackedBoot {
        @Override
        public Pages reserve() {
            return Pages.ZERO;
        }

        @Override
        public Pages wanted(Pages missing, Pages lent) {
            return Pages.ZERO;
        }
    }

    /**
     * Every entry has its page before the guest runs, if the host has the memory; otherwise as {@link Off}.
     *
     * @param reserve pages of the host that stay free and unclaimed
     */
    record Full(Pages reserve) implements BackedBoot {
        @Override
        public Pages wanted(Pages missing, Pages lent) {
            return missing;
        }
    }

    /**
     * As many entries have their page as the budget allows.
     *
     * @param budget pages that all domains of the host together may have been lent then
     * @param reserve pages of the host that stay free and unclaimed
     */
    record UpTo(Pages budget, Pages reserve) implements BackedBoot {
        @Override
        public Pages wanted(Pages missing, Pages lent) {
            return budget.isMoreThan(lent) ? missing.min(budget.minus(lent)) : Pages.ZERO;
        }
    }

    /** {@return no backing} */
    static BackedBoot off() {
        return new Off();
    }

    /** {@return the whole guest, with the standard reserve} */
    static BackedBoot full() {
        return new Full(STANDARD_RESERVE);
    }

    /** Up to a budget of the host, with the standard reserve. */
    static BackedBoot upTo(Pages budget) {
        return new UpTo(budget, STANDARD_RESERVE);
    }

    /** {@return pages of the host that stay free and unclaimed} */
    Pages reserve();

    /**
     * {@return pages to lend of those that are missing, if the host has them}
     *
     * @param missing entries without a page
     * @param lent pages that all domains have been lent already
     */
    Pages wanted(Pages missing, Pages lent);

    /**
     * {@return pages to lend before the first unpause: what is wanted, or nothing if the host cannot spare it}
     *
     * @param available free and unclaimed pages of the host
     */
    default Pages loan(Pages missing, Pages lent, Pages available) {
        Pages wanted = wanted(missing, lent);
        return wanted.plus(reserve()).isMoreThan(available) ? Pages.ZERO : wanted;
    }
}
