// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class PciCommands {
    private PciCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("pci-assignable-add", PciAssignableAddCommand::new);
        commands.put("pci-assignable-list", PciAssignableListCommand::new);
        commands.put("pci-assignable-remove", PciAssignableRemoveCommand::new);
        commands.put("pci-attach", PciAttachCommand::new);
        commands.put("pci-list", PciListCommand::new);
        commands.put("pci-detach", PciDetachCommand::new);
        return commands;
    }
}
