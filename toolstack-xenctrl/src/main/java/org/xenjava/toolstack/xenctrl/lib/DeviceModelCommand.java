// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The command that starts a device model.
 *
 * @param domid number of the domain that it serves
 * @param launcher programs with their arguments that execute one another and the device model in the end; may be
 *     empty
 * @param program the program's file
 * @param arguments the arguments behind the program's name
 * @param log file for standard output and standard error; an earlier log is renamed to end in {@code .1}
 * @param sockets sockets that the device model makes; leftovers of an earlier one are removed
 * @param root an empty directory for it, made before the start
 */
public record DeviceModelCommand(
        int domid,
        List<String> launcher,
        Path program,
        List<String> arguments,
        Path log,
        List<Path> sockets,
        Optional<Path> root) {
    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param domid number of the domain that it serves
     * @param launcher programs with their arguments that execute one another and the device model in the end; may be
     *     empty
     * @param program the program's file
     * @param arguments the arguments behind the program's name
     * @param log file for standard output and standard error; an earlier log is renamed to end in {@code .1}
     * @param sockets sockets that the device model makes; leftovers of an earlier one are removed
     * @param root an empty directory for it, made before the start
     */
    public DeviceModelCommand {
        launcher = List.copyOf(launcher);
        arguments = List.copyOf(arguments);
        sockets = List.copyOf(sockets);
    }
}
