// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A device model that serves a domain, whoever started it. Two values are equal if they stand for one process. */
public interface DeviceModelProcess {
    /** The domain that it serves. */
    int domid();

    long pid();

    /** Its arguments, the program's name first. */
    List<String> arguments();

    /** Whether it runs. */
    Liveness liveness();

    /** Names it so that a recycled PID is never taken for it: see the node {@code xenjava/device-model}. */
    String identity();

    /**
     * Whether its user shows that the host's administrator started it: a user that no other process can have. Anybody
     * may start a process with the arguments of a device model; one that is not trusted counts only if its identity was
     * noted when it was started.
     */
    boolean isTrusted();

    /** Whether it answers at the monitor sockets that stand in its arguments. */
    boolean hasMonitor();

    /**
     * Connects to one of its monitor sockets.
     *
     * @return the connection, which the caller closes
     * @throws XenLibException if it does not answer there
     */
    LocalConnection connect(Path socket);

    /** Completes when it has ended, also if it is another process's child. */
    CompletableFuture<?> onExit();

    /** The rights that it has; empty if that cannot be told. */
    Optional<ProcessPrivileges> privileges();

    /** Asks it to end, so that it writes its disks' caches first. */
    void terminate();

    /** Ends it at once. */
    void kill();

    /**
     * The rights that a process has.
     *
     * @param uid its effective user
     * @param capabilities its effective capabilities, a bit each; 0 for none
     * @param noNewPrivileges whether it cannot gain rights by starting a program
     * @param root its root directory
     */
    record ProcessPrivileges(long uid, long capabilities, boolean noNewPrivileges, String root) {}
}
