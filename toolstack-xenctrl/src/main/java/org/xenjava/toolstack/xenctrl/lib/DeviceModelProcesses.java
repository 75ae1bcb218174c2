// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Starts and finds device models: QEMU, one process for each domain. Implementations are safe to use from many
 * threads.
 */
public interface DeviceModelProcesses {
    /**
     * Finds the program to start. If there is none, the message of the failure names all places.
     *
     * @param override {@code device_model_override}
     * @return the path of the program
     */
    Path program(Optional<Path> override);

    /**
     * Starts a device model that survives this process. The method returns at once; the device model reports in
     * xenstore.
     *
     * @param command the program and its arguments
     * @return the process
     */
    DeviceModelProcess start(DeviceModelCommand command);

    /**
     * Starts a program without a domain, tells it to quit over its standard input (QMP), and waits for its end.
     *
     * @param command the program and its arguments
     * @return the end of its output if it failed; empty if it ended normally
     */
    Optional<String> trial(DeviceModelCommand command);

    /**
     * {@return a text that changes when the file of a program is replaced; empty on hosts where this never happens}
     *
     * @param program path of the program
     */
    Optional<String> identity(Path program);

    /**
     * {@return the user with that name, if the host has one}
     *
     * @param name name of the user
     */
    Optional<DeviceModelUser> user(String name);

    /**
     * Ends every process of a user.
     *
     * @param uid a user that only one domain's device model has
     */
    void endAll(long uid);

    /** {@return all visible device models, started by any toolstack} */
    List<DeviceModelProcess> all();

    /**
     * {@return whether a device model runs}
     *
     * @param identity the text of {@link DeviceModelProcess#identity}
     */
    Liveness liveness(String identity);

    /**
     * Removes files, and directories with the files in them, that a device model has left.
     *
     * @param files paths of the files and directories
     */
    void removeLeftovers(Collection<Path> files);

    /**
     * Removes Unix sockets on which no process listens. Other files, and sockets on which a process listens, are left alone.
     *
     * @param sockets paths of the sockets
     */
    void removeSilentSockets(Collection<Path> sockets);

    /**
     * A user of the host.
     *
     * @param uid the user's number
     * @param gid the number of the user's first group
     */
    record DeviceModelUser(long uid, long gid) {}
}
