// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * How much memory Xen is told to back a populate-on-demand guest with, and what the guest is told: the rule against
 * XSA-153, in which a balloon driver that stops a few pages short of its target makes Xen kill the guest.
 *
 * <p>Notation: M memory, X maxmem, V video RAM (all KiB), h VGA hole, s slack (pages). All numbers are pure functions
 * of {@link GuestShape}, so build, mem-set and reboot agree.
 */
public interface PodPolicy {
    /** libxl's head-room above memory in max_mem, for special pages and ACPI tables: 1 MiB. */
    KiB HEAD_ROOM = KiB.ofMiB(1);

    /** The slack of XSA-153's own patch: 1 MiB, 256 pages. */
    Pages ADVISORY_SLACK = Pages.of(256);

    /** {@return a word for messages and reports} */
    String name();

    /**
     * {@code XEN_DOMCTL_max_mem}: what the domain may own.
     *
     * @param shape the guest with the size that is wanted now
     * @return the limit
     */
    KiB maxMem(GuestShape shape);

    /**
     * {@code XENMEM_set_pod_target} of the build, issued before the first populate, while the domain owns nothing.
     *
     * @return pages, at most {@code shape.frames()}; empty if the guest is not built in PoD mode
     */
    Optional<Pages> buildTarget(GuestShape shape);

    /**
     * {@code memory/target} that the balloon driver reads at boot.
     *
     * @return the target
     */
    KiB bootTarget(GuestShape shape);

    /**
     * {@code memory/target} after a mem-set to {@code shape.memory()}.
     *
     * @return the target
     */
    KiB resizeTarget(GuestShape shape);

    /**
     * {@code XENMEM_set_pod_target} of a mem-set.
     *
     * @param shape the guest with its new size
     * @param backed the largest size that the PoD cache was made for since the build
     * @param now the domain's counters
     * @return the new tot_pages to ask for; empty if Xen need not be asked
     */
    Optional<Pages> resizePodTarget(GuestShape shape, KiB backed, PodCounters now);

    /** {@return the default rule with the advisory's slack} */
    static PodPolicy standard() {
        return standard(ADVISORY_SLACK);
    }

    /**
     * {@return the default rule: the slack lives in what Xen is told, never in what the guest is told}
     * <pre>
     * PoD target    = min((M − V)/4 − h + s, (X − V)/4 − h)
     * max_mem       = M + 1024 KiB + 4·s        s = 0 where M = X
     * memory/target = M − V                     at build, at mem-set, after a reboot
     * mem-set M'    : while entries exceed the cache, tot + (M' − backed)/4, at most what covers every entry
     * </pre>
     *
     * A fully loaded guest whose driver stops k pages short lives if and only if k ≤ s (measured on Xen 4.17). Once
     * the balloon has passed its target, Xen trims the cache to the entries and the slack is free again.
     *
     * @param slack s, 0 … 2^28 pages; 256 is the advisory's
     */
    static PodPolicy standard(Pages slack) {
        return new StandardPodPolicy(slack);
    }

    /**
     * libxl's rule (4.7 to master), to compare with recordings of it: no slack for PVH, none after a mem-set.
     *
     * @return the rule
     */
    static PodPolicy libxl() {
        return new LibxlPodPolicy();
    }
}
