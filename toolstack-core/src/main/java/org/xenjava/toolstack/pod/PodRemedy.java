// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** An administrator's remedy for a domain whose populate-on-demand entries lack pages (XSA-153). */
public sealed interface PodRemedy {
    /** {@return the number of the domain} */
    int domid();

    /**
     * Lower {@code memory/target}, so that the balloon driver frees the pages that the entries lack.
     *
     * @param target the value to write, in KiB
     * @param domid number of the domain
     */
    record LowerTarget(int domid, KiB target) implements PodRemedy {}

    /**
     * Shut the guest down before load crashes it.
     *
     * @param domid number of the domain
     */
    record ShutDown(int domid) implements PodRemedy {}

    /**
     * Run a guard, which nudges the balloon driver and then covers the debt.
     *
     * @param domid number of the domain
     */
    record Guard(int domid) implements PodRemedy {}

    /**
     * Unpause the domain, because its balloon driver cannot work while it is paused, and run a guard.
     *
     * @param domid number of the domain
     */
    record UnpauseAndGuard(int domid) implements PodRemedy {}

    /**
     * {@return the remedy for a running domain whose balloon driver has stopped short}
     *
     * @param domid number of the domain
     * @param lowerTarget the target that would free the missing pages, if there is one
     */
    static PodRemedy forShort(int domid, Optional<KiB> lowerTarget) {
        return lowerTarget
                .<PodRemedy>map(target -> new LowerTarget(domid, target))
                .orElse(new ShutDown(domid));
    }
}
