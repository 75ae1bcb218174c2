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

    /** All that run and can be seen from here, whoever started them. */
    List<DeviceModelProcess> all();

    /**
     * Whether a device model runs.
     *
     * @param identity names it, as {@link DeviceModelProcess#identity} did
     */
    Liveness liveness(String identity);

    /** Removes sockets that a device model has left. */
    void removeSockets(Collection<Path> sockets);
}
