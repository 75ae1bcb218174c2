// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The QEMU process of an HVM guest, or of another guest with a disk that only QEMU can serve.
 *
 * @param program path of a QEMU, instead of the installed one
 * @param arguments further arguments, behind the library's own
 * @param confinement how much of it is confined; the host's policy if empty
 * @param user the name of the user that it runs as; chosen by the library if empty
 */
public record DeviceModel(
        Optional<Path> program, List<String> arguments, Optional<Confinement> confinement, Optional<String> user) {
    /** Xen's QEMU without further arguments, confined as the host's policy says. */
    public static final DeviceModel DEFAULT =
            new DeviceModel(Optional.empty(), List.of(), Optional.empty(), Optional.empty());

    /**
     * Checks the values.
     *
     * @param program path of a QEMU, instead of the installed one
     * @param arguments further arguments, behind the library's own
     * @param confinement how much of it is confined; the host's policy if empty
     * @param user the name of the user that it runs as; chosen by the library if empty
     * @throws org.xenjava.toolstack.error.ConfigException if the path is empty or an argument has a NUL
     */
    public DeviceModel {
        arguments = List.copyOf(arguments);
        new ProblemCollector()
                .add(HvmRules.ofFile("device_model_override", program), "device_model_override")
                .add(
                        HvmRules.ofArguments(arguments),
                        "device_model_args",
                        "device_model_args_hvm",
                        "device_model_args_pv")
                .add(user.flatMap(HvmRules::ofUser), "device_model_user")
                .throwIfAny("");
    }
}
