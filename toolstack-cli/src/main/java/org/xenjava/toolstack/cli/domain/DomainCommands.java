// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class DomainCommands {
    private DomainCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("create", CreateCommand::new);
        commands.put("supervise", SuperviseCommand::new);
        commands.put("pause", PauseCommand::new);
        commands.put("unpause", UnpauseCommand::new);
        commands.put("shutdown", ShutdownCommand::new);
        commands.put("reboot", RebootCommand::new);
        commands.put("rename", RenameCommand::new);
        commands.put("config-update", ConfigUpdateCommand::new);
        commands.put("trigger", TriggerCommand::new);
        commands.put("button-press", ButtonPressCommand::new);
        commands.put("sysrq", SysrqCommand::new);
        commands.put("console", ConsoleCommand::new);
        commands.put("dump-core", DumpCoreCommand::new);
        commands.put("save", SaveCommand::new);
        commands.put("restore", RestoreCommand::new);
        commands.put("migrate", MigrateCommand::new);
        commands.put("migrate-receive", MigrateReceiveCommand::new);
        commands.put("destroy", DestroyCommand::new);
        return commands;
    }
}
