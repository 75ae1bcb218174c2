// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The policy on lending pages to a populate-on-demand guest while it boots. Until its balloon driver has worked, such
 * a guest has fewer pages than entries by design, and crashes if it fills its memory first. While its PoD cache holds
 * a page for every entry, no load can crash it; Xen frees the surplus as the driver balloons, and the end is the
 * same.
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
     * The host lends a page for every entry before the guest runs. If it has too little memory, it lends nothing, as
     * with {@link Off}.
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
     * The host lends pages for as many entries as the budget allows.
     *
     * @param budget limit of the pages that all domains of the host together have been lent
     * @param reserve pages of the host that stay free and unclaimed
     */
    record UpTo(Pages budget, Pages reserve) implements BackedBoot {
        @Override
        public Pages wanted(Pages missing, Pages lent) {
            return budget.isMoreThan(lent) ? missing.min(budget.minus(lent)) : Pages.ZERO;
        }
    }

    /** {@return the policy that lends nothing} */
    static BackedBoot off() {
        return new Off();
    }

    /** {@return the policy that lends a page for every entry, with the standard reserve} */
    static BackedBoot full() {
        return new Full(STANDARD_RESERVE);
    }

    /**
     * {@return the policy that lends up to a budget of the host, with the standard reserve}
     *
     * @param budget limit of the pages that all domains of the host together have been lent
     */
    static BackedBoot upTo(Pages budget) {
        return new UpTo(budget, STANDARD_RESERVE);
    }

    /** {@return pages of the host that stay free and unclaimed} */
    Pages reserve();

    /**
     * {@return pages to lend, if the host has them}
     *
     * @param missing entries without a page
     * @param lent pages that all domains of the host together have been lent already
     */
    Pages wanted(Pages missing, Pages lent);

    /**
     * {@return pages to lend before the first unpause: {@link #wanted}, or none if the host has too few}
     *
     * @param missing entries without a page
     * @param lent pages that all domains of the host together have been lent already
     * @param available free and unclaimed pages of the host
     */
    default Pages loan(Pages missing, Pages lent, Pages available) {
        Pages wanted = wanted(missing, lent);
        return wanted.plus(reserve()).isMoreThan(available) ? Pages.ZERO : wanted;
    }
}
