// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.Objects;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pod.PodRemedy;

/** Translates the library's remedies to commands. */
public final class Remedies {
    private Remedies() {}

    static String command(PodRemedy remedy) {
        if (remedy instanceof PodRemedy.LowerTarget lower) {
            return "xenstore-write /local/domain/" + lower.domid() + "/memory/target "
                    + lower.target().value();
        }
        if (remedy instanceof PodRemedy.ShutDown) {
            return "xl shutdown " + remedy.domid();
        }
        String guard = "xlj guard --once --domain " + remedy.domid();
        return remedy instanceof PodRemedy.UnpauseAndGuard ? "xl unpause " + remedy.domid() + " && " + guard : guard;
    }

    /** The message of a failure with the command that removes its cause, if there is one. */
    public static String explain(ToolstackException failure) {
        String message = Objects.requireNonNull(failure.getMessage());
        if (failure instanceof PodDebtException && failure.domid().isPresent()) {
            return message + " (xlj guard --once --mode cover-at-once --patience 0 --domain "
                    + failure.domid().getAsInt() + ")";
        }
        if (failure instanceof HostMemoryException full
                && full.shortage().filter(Remedies::isOwnedByControlDomain).isPresent()) {
            return message + " (xl mem-set 0 SIZE shrinks domain 0 now; dom0_mem=SIZE,max:SIZE on Xen's command line"
                    + " keeps it small)";
        }
        return message;
    }

    /** The guest would fit if domain 0 gave up half of its memory. */
    private static boolean isOwnedByControlDomain(HostMemoryException.Shortage shortage) {
        return shortage.availablePages() + shortage.controlDomainPages() / 2 >= shortage.neededPages();
    }
}
