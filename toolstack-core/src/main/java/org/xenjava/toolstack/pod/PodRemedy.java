// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** What an administrator can do about a domain whose populate-on-demand entries lack pages (XSA-153). */
public sealed interface PodRemedy {
    /** {@return the domain that needs it} */
    int domid();

    /**
     * Lower {@code memory/target}, so that the balloon driver frees what the entries lack.
     *
     * @param target the value to write, in KiB
     */
    record LowerTarget(int domid, KiB target) implements PodRemedy {}

    /** Shut the guest down while it can still stop in order. */
    record ShutDown(int domid) implements PodRemedy {}

    /** Let a guard bring the domain to safety: it nudges the balloon driver and then covers the debt. */
    record Guard(int domid) implements PodRemedy {}

    /** Unpause the domain, as its balloon driver cannot work while it is paused; then as {@link Guard}. */
    record UnpauseAndGuard(int domid) implements PodRemedy {}

    /** For a running domain whose balloon driver has stopped short. */
    static PodRemedy forShort(int domid, Optional<KiB> lowerTarget) {
        return lowerTarget
                .<PodRemedy>map(target -> new LowerTarget(domid, target))
                .orElse(new ShutDown(domid));
    }
}
