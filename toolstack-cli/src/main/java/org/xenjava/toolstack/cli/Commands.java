// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
        BY_NAME.put("rehearse", RehearseCommand::new);
        BY_NAME.put("list", ListCommand::new);
        BY_NAME.put("info", InfoCommand::new);
        BY_NAME.put("console", ConsoleCommand::new);
        BY_NAME.put("screenshot", ScreenshotCommand::new);
        BY_NAME.put("vncviewer", VncviewerCommand::new);
        BY_NAME.put("cd-insert", CdInsertCommand::new);
        BY_NAME.put("cd-eject", CdEjectCommand::new);
        BY_NAME.put("pod-check", PodCheckCommand::new);
        BY_NAME.put("pod-watch", PodWatchCommand::new);
        BY_NAME.put("guard", GuardCommand::new);
        BY_NAME.put("supervise", SuperviseCommand::new);
        BY_NAME.put("mem-set", MemSetCommand::new);
        BY_NAME.put("mem-max", MemMaxCommand::new);
        BY_NAME.put("block-attach", BlockAttachCommand::new);
        BY_NAME.put("block-list", BlockListCommand::new);
        BY_NAME.put("block-detach", BlockDetachCommand::new);
        BY_NAME.put("network-attach", NetworkAttachCommand::new);
        BY_NAME.put("network-list", NetworkListCommand::new);
        BY_NAME.put("network-detach", NetworkDetachCommand::new);
        BY_NAME.put("pause", PauseCommand::new);
        BY_NAME.put("unpause", UnpauseCommand::new);
        BY_NAME.put("shutdown", ShutdownCommand::new);
        BY_NAME.put("reboot", RebootCommand::new);
        BY_NAME.put("trigger", TriggerCommand::new);
        BY_NAME.put("dump-core", DumpCoreCommand::new);
        BY_NAME.put("destroy", DestroyCommand::new);
        BY_NAME.put("domid", DomidCommand::new);
        BY_NAME.put("domname", DomnameCommand::new);
        BY_NAME.put("gc", GcCommand::new);
        BY_NAME.put("version", VersionCommand::new);
        BY_NAME.put("help", UsageCommand::new);
    }

    private Commands() {}

    /** Adds the commands that are named among these arguments; all of them if there are none, or they are needed. */
    static void addTo(CommandLine xlj, Session session, String... args) {
        Set<String> named = new LinkedHashSet<>(List.of(args));
        named.retainAll(BY_NAME.keySet());
        Set<String> wanted = named.isEmpty() || named.contains("help") ? BY_NAME.keySet() : named;
        wanted.forEach(name -> xlj.addSubcommand(
                name, Objects.requireNonNull(BY_NAME.get(name)).apply(session)));
    }
}
