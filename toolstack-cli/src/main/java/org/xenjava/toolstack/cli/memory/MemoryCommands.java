// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class MemoryCommands {
    private MemoryCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("mem-set", MemSetCommand::new);
        commands.put("mem-max", MemMaxCommand::new);
        commands.put("pod-check", PodCheckCommand::new);
        commands.put("pod-watch", PodWatchCommand::new);
        commands.put("guard", GuardCommand::new);
        commands.put("balance", BalanceCommand::new);
        commands.put("balance-chart", BalanceChartCommand::new);
        return commands;
    }
}
