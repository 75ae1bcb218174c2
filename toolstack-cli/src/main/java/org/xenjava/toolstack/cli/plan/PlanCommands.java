// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class PlanCommands {
    private PlanCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("dry-run", DryRunCommand::new);
        commands.put("rehearse", RehearseCommand::new);
        commands.put("stream-info", StreamInfoCommand::new);
        return commands;
    }
}
