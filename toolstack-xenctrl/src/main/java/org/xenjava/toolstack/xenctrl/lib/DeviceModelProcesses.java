// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Starts and finds device models: QEMU, one process for each domain. Safe to use from many threads. */
public interface DeviceModelProcesses {
    /**
     * The program to start. A host without one fails, with a message that names all places.
     *
     * @param override {@code device_model_override}
     */
    Path program(Optional<Path> override);

    /** Starts one, which lives on when this process ends. Returns at once; the device model reports in xenstore. */
    DeviceModelProcess start(DeviceModelCommand command);

    /**
     * Starts a program for no domain, asks it on its standard input to quit (QMP), and waits for its end.
     *
     * @return its last words if it failed; empty if it ended as it should
     */
    Optional<String> trial(DeviceModelCommand command);

    /** Tells the program from one that replaces it; empty where programs are not replaced. */
    Optional<String> identity(Path program);

    /** The user of that name, if the host has one. */
    Optional<DeviceModelUser> user(String name);

    /**
     * Ends every process of a user.
     *
     * @param uid a user that only one domain's device model has
     */
    void endAll(long uid);

    /** All that run and can be seen from here, whoever started them. */
    List<DeviceModelProcess> all();

    /**
     * Whether a device model runs.
     *
     * @param identity names it, as {@link DeviceModelProcess#identity} did
     */
    Liveness liveness(String identity);

    /** Removes files and empty directories that a device model has left. */
    void removeLeftovers(Collection<Path> files);

    /**
     * A user of the host.
     *
     * @param uid the user's number
     * @param gid the number of the user's first group
     */
    record DeviceModelUser(long uid, long gid) {}
}
