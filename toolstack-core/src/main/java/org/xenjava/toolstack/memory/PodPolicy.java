// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * The rule for the sizes that Xen and a populate-on-demand guest are told. XSA-153: Xen crashes a guest whose balloon
 * driver stops a few pages short of its target.
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
     * The limit of the memory that the domain may own: {@code XEN_DOMCTL_max_mem}.
     *
     * @param shape the guest with its wanted size
     * @return the limit
     */
    KiB maxMem(GuestShape shape);

    /**
     * The PoD target of the build ({@code XENMEM_set_pod_target}), issued before the first populate, while the domain
     * owns nothing.
     *
     * @param shape the guest with its size at boot
     * @return pages, at most {@code shape.frames()}; empty if the guest is not built in PoD mode
     */
    Optional<Pages> buildTarget(GuestShape shape);

    /**
     * The size that the balloon driver reads at boot: {@code memory/target}.
     *
     * @param shape the guest with its size at boot
     * @return the target
     */
    KiB bootTarget(GuestShape shape);

    /**
     * The size that the balloon driver reads after a mem-set to {@code shape.memory()}.
     *
     * @param shape the guest with its new size
     * @return the target
     */
    KiB resizeTarget(GuestShape shape);

    /**
     * The PoD target of a mem-set ({@code XENMEM_set_pod_target}).
     *
     * @param shape the guest with its new size
     * @param backed the largest size for which the PoD cache was made since the build
     * @param now the domain's counters
     * @return the new tot_pages to ask for; empty if Xen need not be asked
     */
    Optional<Pages> resizePodTarget(GuestShape shape, KiB backed, PodCounters now);

    /** {@return the default rule with the advisory's slack} */
    static PodPolicy standard() {
        return standard(ADVISORY_SLACK);
    }

    /**
     * {@return the default rule: slack in the PoD target that Xen gets, none in the target that the guest gets}
     * <pre>
     * PoD target    = min((M − V)/4 − h + s, (X − V)/4 − h)
     * max_mem       = M + 1024 KiB + 4·s        s = 0 where M = X
     * memory/target = M − V                     at build, at mem-set, after a reboot
     * mem-set M'    : while entries exceed the cache, tot + (M' − backed)/4, limited to what covers every entry
     * </pre>
     *
     * A fully loaded guest whose driver stops k pages short survives if and only if k ≤ s (measured on Xen 4.17). Once
     * the balloon has passed its target, Xen trims the cache to the entries and the slack is free again.
     *
     * @param slack s, 0 … 2^28 pages; 256 is the advisory's
     */
    static PodPolicy standard(Pages slack) {
        return new StandardPodPolicy(slack);
    }

    /**
     * libxl's rule (4.7 to 4.22), for comparison with recordings: no slack for PVH, none after a mem-set.
     *
     * @return the rule
     */
    static PodPolicy libxl() {
        return new LibxlPodPolicy();
    }
}
