// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.balance.BalanceRule;
import org.xenjava.toolstack.balancer.BalanceEvent;
import org.xenjava.toolstack.balancer.BalanceListener;
import org.xenjava.toolstack.balancer.BalanceSettings;
import org.xenjava.toolstack.balancer.MemoryBalancer;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.MemorySize;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        description = {
            "Balance the memory of the host between its guests, and make memory free for new guests.",
            "One balancer acts on a host; another stands by and takes over. Ctrl-C and SIGTERM end the balancer in order;"
                    + " guests keep their sizes."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the balancer was ended, or looked once",
            "1:the balancer or its record failed, or with --once another one acts",
            "2:the arguments are wrong"
        })
final class BalanceCommand extends HostCommand {
    /** A failure ends the command. */
    private static final TickingService.Settings SERVICE = new TickingService.Settings(
            "balancer",
            Thread::new,
            failure -> {
                throw failure;
            },
            Duration.ZERO);

    @Option(
            names = "--rule",
            paramLabel = "RULE",
            converter = Rules.class,
            description = "demand (the default): by what guests report; proportional: the same part of the way from"
                    + " floor to ceiling; fixed: guests only make room for new ones")
    private BalanceRule rule = BalanceRule.DEMAND;

    @Option(
            names = {"-d", "--domain"},
            paramLabel = "DOMAIN",
            description = "balance this guest; may be repeated; by default all HVM and PVH guests")
    private List<String> domains = new ArrayList<>();

    @Option(names = "--except", paramLabel = "DOMAIN", description = "leave this guest alone; may be repeated")
    private List<String> except = new ArrayList<>();

    @Option(
            names = "--reserve",
            paramLabel = "SIZE",
            converter = MemorySize.class,
            description = "memory that the host keeps free; 64 MiB by default")
    private KiB reserve = BalancePolicy.standard().reserve();

    @Option(names = "--keep-dom0", description = "domain 0 keeps its size, also if dom0_mem= does not fix it")
    private boolean keepsControlDomain;

    @Option(names = "--once", description = "look and act once, then end")
    private boolean once;

    @Option(
            names = {"-n", "--dry-run"},
            description = "look once and print what the balancer would do; change nothing")
    private boolean dryRun;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "write what the balancer sees at each look to this file, for balance-chart; the file grows"
                    + " without limit")
    private Optional<Path> record = Optional.empty();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    BalanceCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        if (once && dryRun) {
            throw new ParameterException(spec.commandLine(), "--once and --dry-run exclude each other");
        }
        if (dryRun && record.isPresent()) {
            throw new ParameterException(spec.commandLine(), "--record and --dry-run exclude each other");
        }
        BalanceSettings settings = new BalanceSettings(policy(), scope(toolstack));
        Sleeper.Stoppable pauses = session.sleeper().stoppable();
        BalanceListener listener = this::tell;
        Optional<BalanceRecorder> recorder =
                record.map(file -> new BalanceRecorder(file, pauses.now(), session::complain));
        try (MemoryBalancer balancer =
                toolstack.newBalancer(settings, recorder.map(listener::andThen).orElse(listener))) {
            if (dryRun) {
                show(balancer);
            } else if (once) {
                balancer.look(pauses.now());
                if (balancer.view().isEmpty()) {
                    session.complain("another balancer acts on this host; nothing was done");
                    return ExitStatus.FAILED;
                }
            } else {
                announce();
                SignalShutdown.run(pauses::stop, () -> {
                    TickingService.run(SERVICE, work(balancer), pauses::now, pauses::sleep);
                    return ExitStatus.OK;
                });
            }
        } finally {
            recorder.ifPresent(BalanceRecorder::close);
        }
        return recorder.filter(BalanceRecorder::hasFailed).isPresent() ? ExitStatus.FAILED : ExitStatus.OK;
    }

    private static TickingService.Work work(MemoryBalancer balancer) {
        return new TickingService.Work() {
            @Override
            public Duration tick(InstantSource clock) {
                return balancer.tick(clock.instant());
            }
        };
    }

    private BalancePolicy policy() {
        BalancePolicy policy = BalancePolicy.standard().withRule(rule).withReserve(reserve);
        return keepsControlDomain ? policy.withControlDomain(BalancePolicy.ControlDomainPart.NONE) : policy;
    }

    private GuardScope scope(Toolstack toolstack) {
        GuardScope wanted = domains.isEmpty() ? GuardScope.ALL : GuardScope.of(uuids(toolstack, domains));
        Set<UUID> unwanted = uuids(toolstack, except);
        return (domid, uuid) -> wanted.includes(domid, uuid) && !unwanted.contains(uuid);
    }

    private static Set<UUID> uuids(Toolstack toolstack, List<String> names) {
        return names.stream().map(toolstack::resolve).map(Domain::uuid).collect(Collectors.toSet());
    }

    private void announce() {
        if (!json.chosen()) {
            session.print("balancing " + (domains.isEmpty() ? "every HVM and PVH guest" : String.join(", ", domains))
                    + " by the rule " + Words.of(rule) + "; the host keeps " + Words.size(reserve) + " free");
        }
    }

    private void show(MemoryBalancer balancer) {
        BalanceReport report =
                BalanceReport.of(balancer.preview(session.sleeper().now()));
        if (json.chosen()) {
            session.print(Json.pretty(report));
        } else {
            report.lines().forEach(session::print);
        }
    }

    private void tell(BalanceEvent event) {
        if (json.chosen()) {
            session.print(Json.line(BalanceReport.EventDocument.of(event)));
        } else {
            session.print(BalanceReport.line(event));
        }
    }

    private static final class Rules extends Words.Converter<BalanceRule> {
        Rules() {
            super(BalanceRule.class);
        }
    }
}
