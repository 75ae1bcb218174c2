// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.List;

/**
 * What a device model is started with.
 *
 * @param domid the domain that it serves
 * @param program the program's file
 * @param arguments the arguments behind the program's name
 * @param log takes standard output and standard error; the log of the guest before is kept beside it, with {@code .1}
 *     behind its name
 * @param sockets that the device model makes; what an earlier one left of them is removed
 */
public record DeviceModelCommand(int domid, Path program, List<String> arguments, Path log, List<Path> sockets) {
    public DeviceModelCommand {
        arguments = List.copyOf(arguments);
        sockets = List.copyOf(sockets);
    }
}
