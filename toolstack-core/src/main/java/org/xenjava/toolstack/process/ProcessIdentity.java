// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.process;

import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * Names this process so that another one can tell later whether it still runs: its PID namespace, its PID and its
 * start time in clock ticks ({@code proc(5)}), which a recycled PID does not share.
 */
public interface ProcessIdentity {
    /** This process, as a note in xenstore names it. */
    String self();

    /** Whether the process of that name runs. */
    Liveness liveness(String identity);

    /**
     * A name that is the same wherever a recording is replayed. Nothing is known of other processes, so nothing of
     * theirs is cleaned up.
     */
    static ProcessIdentity named(String name) {
        return new ProcessIdentity() {
            @Override
            public String self() {
                return name;
            }

            @Override
            public Liveness liveness(String identity) {
                return identity.equals(name) ? Liveness.ALIVE : Liveness.UNKNOWN;
            }
        };
    }

    /** From {@code /proc}. */
    static ProcessIdentity ofProc() {
        return new ProcProcesses(Path.of("/proc"));
    }

    /** How a note in xenstore names another process of this PID namespace; empty if {@code /proc} does not show it. */
    static Optional<String> of(long pid) {
        return new ProcProcesses(Path.of("/proc")).identity(pid);
    }

    /** How a note in xenstore names a process that ended before {@code /proc} was asked about it. */
    static String ended(long pid) {
        return new ProcProcesses(Path.of("/proc")).ended(pid);
    }
}
