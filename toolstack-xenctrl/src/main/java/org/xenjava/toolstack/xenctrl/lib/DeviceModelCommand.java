// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a device model is started with.
 *
 * @param domid the domain that it serves
 * @param launcher programs with their arguments that execute one another and the device model in the end; may be empty
 * @param program the program's file
 * @param arguments the arguments behind the program's name
 * @param log takes standard output and standard error; the log of the guest before is kept beside it, with {@code .1}
 *     behind its name
 * @param sockets that the device model makes; what an earlier one left of them is removed
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
    public DeviceModelCommand {
        launcher = List.copyOf(launcher);
        arguments = List.copyOf(arguments);
        sockets = List.copyOf(sockets);
    }
}
