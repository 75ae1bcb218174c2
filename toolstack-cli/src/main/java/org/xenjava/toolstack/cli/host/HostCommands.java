// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class HostCommands {
    private HostCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("list", ListCommand::new);
        commands.put("info", InfoCommand::new);
        commands.put("domid", DomidCommand::new);
        commands.put("domname", DomnameCommand::new);
        commands.put("vm-list", VmListCommand::new);
        commands.put("uptime", UptimeCommand::new);
        commands.put("claims", ClaimsCommand::new);
        commands.put("sharing", SharingCommand::new);
        commands.put("dmesg", DmesgCommand::new);
        commands.put("debug-keys", DebugKeysCommand::new);
        commands.put("set-parameters", SetParametersCommand::new);
        commands.put("getenforce", GetenforceCommand::new);
        commands.put("setenforce", SetenforceCommand::new);
        commands.put("loadpolicy", LoadpolicyCommand::new);
        commands.put("watchdog", WatchdogCommand::new);
        commands.put("devd", DevdCommand::new);
        commands.put("gc", GcCommand::new);
        return commands;
    }
}
