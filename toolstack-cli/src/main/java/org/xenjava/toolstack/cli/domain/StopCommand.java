// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.DomainSelection;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.lifecycle.GuestTrigger;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Asks one guest or all guests to stop, and waits for them if asked to. */
abstract class StopCommand extends HostCommand {
    private static final int CONTROL_DOMAIN = 0;
    private static final Duration FOREVER = Duration.ofDays(36_500);

    @ArgGroup(multiplicity = "1")
    private final DomainSelection targets = new DomainSelection();

    @Option(
            names = {"-w", "--wait"},
            description = "wait until the guest has shut down; given twice, until the domain is destroyed")
    private boolean[] waits = {};

    @Option(
            names = "-F",
            description =
                    "if the guest has no PV drivers, press the button of its virtual machine instead, as trigger does")
    private boolean fallback;

    private final ShutdownRequest request;
    private final GuestTrigger trigger;
    private final String announcement;

    /** @param trigger the trigger with the same effect on a guest without PV drivers */
    StopCommand(Session session, ShutdownRequest request, GuestTrigger trigger, String announcement) {
        super(session);
        this.request = request;
        this.trigger = trigger;
        this.announcement = announcement;
    }

    @Override
    protected final int run(Toolstack toolstack) {
        List<Domain> asked = new ArrayList<>();
        List<Domain> domains = domains(toolstack);
        for (Domain each : domains) {
            try {
                session.console().note(announcement + " domain " + each.domid());
                stop(each);
                asked.add(each);
            } catch (ToolstackException e) {
                session.complain(e.getMessage());
            }
        }
        if (waits.length > 0) {
            asked.forEach(this::await);
        }
        return asked.size() == domains.size() ? ExitStatus.OK : ExitStatus.FAILED;
    }

    private void stop(Domain domain) {
        if (domain.domid() == CONTROL_DOMAIN) {
            throw new DomainStateException(
                    "domain 0 is shut down and rebooted by its operating system, such as with systemctl");
        }
        if (!fallback || domain.lifecycle().hasPvDrivers()) {
            domain.lifecycle().requestShutdown(request);
            return;
        }
        session.console().note("no PV drivers: sending domain " + domain.domid() + " " + trigger.word());
        domain.lifecycle().send(trigger);
    }

    private List<Domain> domains(Toolstack toolstack) {
        return targets.domain()
                .map(name -> List.of(toolstack.resolve(name)))
                .orElseGet(() -> toolstack.domains().stream()
                        .filter(each -> each.domid() != CONTROL_DOMAIN)
                        .toList());
    }

    private void await(Domain stopping) {
        if (waits.length > 1) {
            stopping.lifecycle().awaitGone(FOREVER);
            return;
        }
        try {
            stopping.lifecycle().awaitShutdown(FOREVER);
        } catch (DomainGoneException e) {
            // The guest is gone, which is more than a shutdown.
        }
    }
}
