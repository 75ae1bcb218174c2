// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * The commands by name. Only the one that is asked for is described to picocli: describing all of them takes longer
 * than most of them run.
 */
final class Commands {
    private static final Map<String, Function<Session, Object>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("create", CreateCommand::new);
        BY_NAME.put("dry-run", DryRunCommand::new);
        BY_NAME.put("list", ListCommand::new);
        BY_NAME.put("info", InfoCommand::new);
        BY_NAME.put("console", ConsoleCommand::new);
        BY_NAME.put("pod-check", PodCheckCommand::new);
        BY_NAME.put("mem-set", MemSetCommand::new);
        BY_NAME.put("mem-max", MemMaxCommand::new);
        BY_NAME.put("pause", PauseCommand::new);
        BY_NAME.put("unpause", UnpauseCommand::new);
        BY_NAME.put("shutdown", ShutdownCommand::new);
        BY_NAME.put("reboot", RebootCommand::new);
        BY_NAME.put("destroy", DestroyCommand::new);
        BY_NAME.put("domid", DomidCommand::new);
        BY_NAME.put("domname", DomnameCommand::new);
        BY_NAME.put("gc", GcCommand::new);
        BY_NAME.put("version", VersionCommand::new);
        BY_NAME.put("help", UsageCommand::new);
    }

    private Commands() {}

    /** Adds the command that these arguments name; all of them if they name none, or need to know all. */
    static void addTo(CommandLine xlj, Session session, String... args) {
        Optional<String> name = Arrays.stream(args)
                .filter(argument -> !argument.startsWith("-"))
                .findFirst()
                .filter(first -> BY_NAME.containsKey(first) && !first.equals("help"));
        if (name.isPresent()) {
            xlj.addSubcommand(name.get(), BY_NAME.get(name.get()).apply(session));
        } else {
            BY_NAME.forEach((each, maker) -> xlj.addSubcommand(each, maker.apply(session)));
        }
    }
}
