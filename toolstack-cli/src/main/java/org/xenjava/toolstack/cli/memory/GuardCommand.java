// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.MemorySize;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardMode;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.GuardStatus;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        description = {
            "Guard guests, whichever toolstack built them, until no load in the guest can crash them (XSA-153).",
            "Ctrl-C and SIGTERM end the guard in order; guests keep the pages lent to them, and the next guard takes over."
        },
        exitCodeListHeading = "%nExit status with --once:%n",
        exitCodeList = {
            "0:every guest is safe",
            "1:a guest is not safe, has stopped, or is undecided when the time is up; or the guard failed",
            "2:the arguments are wrong"
        })
final class GuardCommand extends HostCommand {
    @Option(
            names = "--mode",
            paramLabel = "MODE",
            converter = Modes.class,
            description = "nudge-first (the default), cover-at-once or observe")
    private GuardMode mode = GuardMode.NUDGE_FIRST;

    @Option(
            names = {"-d", "--domain"},
            paramLabel = "DOMAIN",
            description = "guard this domain only; may be repeated")
    private List<String> domains = new ArrayList<>();

    @Option(
            names = "--domain-budget",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "limit of what is lent to one guest; 256 MiB by default")
    private KiB domainBudget = GuardPolicy.standard().lending().perDomain().toKiB();

    @Option(
            names = "--host-budget",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "limit of what is lent to all guests together; 1024 MiB by default")
    private KiB hostBudget = GuardPolicy.standard().lending().perHost().toKiB();

    @Option(
            names = "--reserve",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "memory that the host keeps free; 64 MiB by default")
    private KiB reserve = GuardPolicy.standard().lending().reserve().toKiB();

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            description = "time without progress of a balloon driver before the guard acts; by default 300 before the"
                    + " driver has begun, and 60 after")
    private Optional<Integer> patience = Optional.empty();

    @Option(names = "--once", description = "end when every guest has a verdict, and print the verdicts")
    private boolean once;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "end after this time; guests without a verdict are reported as undecided; needs --once")
    private Optional<Integer> timeout = Optional.empty();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    GuardCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        requireUsage();
        PodGuard guard = toolstack.newGuard(policy(), scope(toolstack), this::tell);
        GuardLoop loop = new GuardLoop(guard, session);
        if (!once) {
            announce();
            loop.forLife();
            return ExitStatus.OK;
        }
        loop.untilDecided(timeout.map(Duration::ofSeconds));
        return conclude(guard.statuses());
    }

    private void requireUsage() {
        if (timeout.isPresent() && !once) {
            throw new ParameterException(spec.commandLine(), "--timeout needs --once");
        }
        if (timeout.orElse(0) < 0 || patience.orElse(0) < 0) {
            throw new ParameterException(spec.commandLine(), "--timeout and --patience are 0 or more seconds");
        }
    }

    private GuardPolicy policy() {
        GuardPolicy policy = GuardPolicy.standard()
                .withMode(mode)
                .withLending(domainBudget.toPages(), hostBudget.toPages(), reserve.toPages());
        return patience.map(Duration::ofSeconds)
                .map(time -> policy.withTimeouts(time, time, time))
                .orElse(policy);
    }

    private GuardScope scope(Toolstack toolstack) {
        return domains.isEmpty()
                ? GuardScope.ALL
                : GuardScope.of(domains.stream()
                        .map(toolstack::resolve)
                        .map(Domain::uuid)
                        .toList());
    }

    private void announce() {
        if (!json.chosen()) {
            session.print("guarding "
                    + (domains.isEmpty() ? "every HVM and PVH guest" : String.join(", ", domains))
                    + (mode == GuardMode.OBSERVE
                            ? ", changing nothing"
                            : ", " + Words.of(mode) + "; at most " + Words.size(domainBudget)
                                    + " are lent to a guest and " + Words.size(hostBudget)
                                    + " to all, and the host keeps "
                                    + Words.size(reserve)));
        }
    }

    private static final class Modes extends Words.Converter<GuardMode> {
        Modes() {
            super(GuardMode.class);
        }
    }

    private void tell(GuardEvent event) {
        if (json.chosen()) {
            session.print(Json.line(GuardReport.EventDocument.of(event)));
        } else {
            session.print(GuardReport.line(event));
        }
    }

    private void tell(GuardStatus status) {
        if (json.chosen()) {
            session.print(Json.line(GuardReport.VerdictDocument.of(status)));
        } else {
            session.print(GuardReport.verdictLine(status));
        }
    }

    private int conclude(List<GuardStatus> statuses) {
        statuses.forEach(this::tell);
        boolean safe = statuses.stream().allMatch(status -> GuardReport.Verdict.of(status) == GuardReport.Verdict.SAFE);
        return safe ? ExitStatus.OK : ExitStatus.FAILED;
    }
}
