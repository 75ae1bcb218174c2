// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.List;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A program that finds the kernel of a PV or PVH guest on the guest's first disk. The library reads and writes it, but
 * does not run it.
 *
 * @param program a path, or a name such as {@code pygrub} that libxl looks up; not empty
 * @param arguments further arguments of the program
 */
public record BootLoader(String program, List<String> arguments) {
    /**
     * Copies the list, so that the record is immutable.
     *
     * @param program a path or a name, not empty
     * @param arguments further arguments of the program
     * @throws ConfigException if the program is empty
     */
    public BootLoader {
        arguments = List.copyOf(arguments);
        if (program.isEmpty()) {
            throw new ConfigException("the boot loader's path is empty");
        }
    }
}
