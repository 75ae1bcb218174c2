// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Restart, destroy or preserve stopped guests according to on_poweroff, on_reboot, on_crash, on_watchdog and"
                    + " on_soft_reset of their configurations. All guests built by xlj are supervised.",
            "A new supervisor takes over from one that was killed. Ctrl-C and SIGTERM end the command in order."
        })
final class SuperviseCommand extends HostCommand {
    @Option(
            names = {"-d", "--domain"},
            paramLabel = "DOMAIN",
            description = "supervise this domain only, through all its restarts; the command ends with the domain")
    private Optional<String> domain = Optional.empty();

    @Option(
            names = "--dumps",
            paramLabel = "DIR",
            description = "directory of core dumps; /var/lib/xen/dump by default")
    private Path dumps = SupervisionPolicy.standard().dumps();

    @Mixin
    private final JsonOption json = new JsonOption();

    SuperviseCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        SupervisionPolicy policy = SupervisionPolicy.standard().withDumps(dumps);
        ForegroundSupervisor supervision = new ForegroundSupervisor(session, toolstack, this::tell);
        if (domain.isEmpty()) {
            return supervision.ofTheHost(policy);
        }
        Domain only = toolstack.resolve(domain.get());
        return supervision.of(only, policy, () -> {});
    }

    private void tell(SupervisionEvent event) {
        if (json.chosen()) {
            session.print(Json.line(ForegroundSupervisor.EventDocument.of(event)));
        } else {
            session.print(event.toString());
        }
    }
}
