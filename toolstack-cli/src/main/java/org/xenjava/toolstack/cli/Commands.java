// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.device.DeviceCommands;
import org.xenjava.toolstack.cli.domain.DomainCommands;
import org.xenjava.toolstack.cli.host.HostCommands;
import org.xenjava.toolstack.cli.memory.MemoryCommands;
import org.xenjava.toolstack.cli.pci.PciCommands;
import org.xenjava.toolstack.cli.plan.PlanCommands;
import org.xenjava.toolstack.cli.processor.ProcessorCommands;
import org.xenjava.toolstack.cli.serve.ServeCommand;
import org.xenjava.toolstack.cli.top.TopCommands;
import org.xenjava.toolstack.cli.usb.UsbCommands;
import picocli.CommandLine;

/**
 * All commands by name. Only the commands that the arguments name are described to picocli: describing all of them
 * takes longer than most of them run.
 */
final class Commands {
    /** The commands that describe all commands. */
    private static final Set<String> ABOUT_ALL = Set.of("help", "completion", "man-page");

    private static final Map<String, Function<Session, Object>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.putAll(PlanCommands.byName());
        BY_NAME.putAll(DomainCommands.byName());
        BY_NAME.putAll(HostCommands.byName());
        BY_NAME.putAll(TopCommands.byName());
        BY_NAME.putAll(MemoryCommands.byName());
        BY_NAME.putAll(DeviceCommands.byName());
        BY_NAME.putAll(PciCommands.byName());
        BY_NAME.putAll(UsbCommands.byName());
        BY_NAME.putAll(ProcessorCommands.byName());
        BY_NAME.put("batch", BatchCommand::new);
        BY_NAME.put("serve", session -> new ServeCommand(session, Xlj::run));
        BY_NAME.put("version", VersionCommand::new);
        BY_NAME.put("help", UsageCommand::new);
        BY_NAME.put("completion", CompletionCommand::new);
        BY_NAME.put("man-page", ManPageCommand::new);
    }

    private Commands() {}

    static Set<String> names() {
        return Collections.unmodifiableSet(BY_NAME.keySet());
    }

    /** Adds the commands that the arguments name; all commands if they name none, or if the help needs all. */
    static void addTo(CommandLine xlj, Session session, String... args) {
        Set<String> named = new LinkedHashSet<>(List.of(args));
        named.retainAll(BY_NAME.keySet());
        Set<String> wanted = named.isEmpty() || named.stream().anyMatch(ABOUT_ALL::contains) ? BY_NAME.keySet() : named;
        wanted.forEach(name -> xlj.addSubcommand(
                name, Objects.requireNonNull(BY_NAME.get(name)).apply(session)));
    }
}
