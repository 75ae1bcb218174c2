// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.process;

import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The identity of a process, by which other processes can find out whether it still runs: its PID namespace, its PID
 * and its start time in clock ticks ({@code proc(5)}), which a recycled PID does not share.
 */
public interface ProcessIdentity {
    /** {@return the text that identifies this process in xenstore} */
    String self();

    /**
     * {@return whether the process with that identity runs}
     *
     * @param identity the text of {@link #self} in that process
     */
    Liveness liveness(String identity);

    /**
     * {@return a fixed identity, for recordings and replays} The liveness of every other process is unknown, so
     * nothing of theirs is cleaned up.
     *
     * @param name the text of {@link #self}
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

    /** {@return the identity of this process from {@code /proc}} */
    static ProcessIdentity ofProc() {
        return new ProcProcesses(Path.of("/proc"));
    }

    /**
     * {@return the identity of another process of this PID namespace; empty if {@code /proc} does not show it}
     *
     * @param pid the PID
     */
    static Optional<String> of(long pid) {
        return new ProcProcesses(Path.of("/proc")).identity(pid);
    }

    /**
     * {@return the identity of a process of this PID namespace that ended before {@code /proc} was read}
     *
     * @param pid the PID
     */
    static String ended(long pid) {
        return new ProcProcesses(Path.of("/proc")).ended(pid);
    }
}
