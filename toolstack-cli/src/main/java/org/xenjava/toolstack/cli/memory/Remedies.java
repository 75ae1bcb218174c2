// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.Objects;
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
        return failure instanceof PodDebtException && failure.domid().isPresent()
                ? message + " (xlj guard --once --mode cover-at-once --patience 0 --domain "
                        + failure.domid().getAsInt() + ")"
                : message;
    }
}
