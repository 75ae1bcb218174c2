// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A device model that serves a domain, started by any toolstack. Two values are equal if they stand for one process.
 */
public interface DeviceModelProcess {
    /** {@return the number of the domain that the process serves} */
    int domid();

    /** {@return the PID of the process} */
    long pid();

    /** {@return the arguments of the process, the program's name first} */
    List<String> arguments();

    /** {@return whether the process runs} */
    Liveness liveness();

    /**
     * {@return a text that identifies the process even if its PID is recycled, as the node {@code
     * xenjava/device-model} has it}
     */
    String identity();

    /**
     * {@return whether the user of the process shows that the host's administrator started it} No other process can
     * have that user. Any user may start a process with the arguments of a device model; an untrusted process counts
     * as one only if its identity was recorded at its start.
     */
    boolean isTrusted();

    /** {@return whether the process answers at the monitor sockets of its arguments} */
    boolean hasMonitor();

    /**
     * Connects to a monitor socket of the process.
     *
     * @param socket path of the socket
     * @return the connection, which the caller closes
     * @throws XenLibException if the process does not answer there
     */
    LocalConnection connect(Path socket);

    /**
     * Creates an empty file that only its owner can read, in order to give it to the process as an open file.
     *
     * @param directory the directory of such files, which {@link DeviceModelProcesses#removeLeftovers} removes with all
     *     files in it; created if it is missing
     * @param prefix the beginning of the file's name
     * @return the file; on a host without that directory, in another one
     * @throws IOException if the file cannot be created
     */
    Path createFile(Path directory, String prefix) throws IOException;

    /** {@return a future that completes when the process has ended, even if it is another process's child} */
    CompletableFuture<?> onExit();

    /** {@return the rights of the process; empty if they cannot be read} */
    Optional<ProcessPrivileges> privileges();

    /** Asks the process to end, which writes its disks' caches first. */
    void terminate();

    /** Ends the process at once. */
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
