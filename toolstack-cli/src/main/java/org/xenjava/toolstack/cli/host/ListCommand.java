// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.JsonText;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "List the domains.",
            "State has six letters: running, blocked, paused, shutdown, the reason of the shutdown (- power off,"
                    + " r reboot, s suspend, c crash, w watchdog, S soft reset), dying."
        })
final class ListCommand extends HostCommand implements ReadOnly {
    @Option(
            names = {"-v", "--verbose"},
            description = "print UUIDs, shutdown reasons and security labels as well")
    private boolean verbose;

    @Option(
            names = {"-l", "--long"},
            description = "print the configurations in libxl's JSON, as xl list -l does")
    private boolean longList;

    @Option(
            names = {"-Z", "--context"},
            description = "print security labels as well")
    private boolean labels;

    @Option(
            names = {"-c", "--cpupool"},
            description = "print the pools of CPUs as well")
    private boolean pools;

    @Option(
            names = {"-n", "--numa"},
            description = "print the NUMA nodes as well on which Xen looks for a domain's memory first")
    private boolean nodes;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(paramLabel = "DOMAIN", description = "list these domains only: domids, names or UUIDs")
    private final List<String> domains = new ArrayList<>();

    ListCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        List<DomainStatus> statuses = domains.isEmpty()
                ? toolstack.statuses()
                : domains.stream().map(name -> toolstack.resolve(name).status()).toList();
        if (longList) {
            return printConfigs(toolstack, statuses);
        }
        if (json.chosen()) {
            session.print(
                    Json.pretty(statuses.stream().map(DomainList.Document::of).toList()));
        } else {
            DomainList.lines(statuses, columns(toolstack)).forEach(session::print);
        }
        return ExitStatus.OK;
    }

    /** A domain without a configuration is left out; that is a failure only if it was named. */
    private int printConfigs(Toolstack toolstack, List<DomainStatus> statuses) {
        SortedMap<Integer, LibxlConfig> configs = new TreeMap<>();
        for (DomainStatus status : statuses) {
            config(toolstack, status)
                    .ifPresentOrElse(
                            config -> configs.put(status.domid(), config),
                            () -> session.complain("domain " + status.domid() + ": no configuration is stored"));
        }
        session.print(new JsonText(LibxlConfig.listing(configs).stripTrailing()));
        return domains.isEmpty() || configs.size() == statuses.size() ? ExitStatus.OK : ExitStatus.FAILED;
    }

    /** The columns behind those of every list, in xl's order. */
    private List<DomainList.Column> columns(Toolstack toolstack) {
        if (!verbose && !labels && !pools && !nodes) {
            return List.of();
        }
        Map<UUID, Domain> alive = toolstack.domains().stream()
                .collect(Collectors.toMap(Domain::uuid, Function.identity(), (one, other) -> one));
        List<DomainList.Column> columns = new ArrayList<>();
        if (verbose) {
            columns.add(DomainList.VERBOSE);
        }
        if (verbose || labels) {
            columns.add(new DomainList.Column(
                    verbose ? "" : "   Security Label",
                    status -> String.format(
                            " %16s",
                            asked(alive, status, domain -> toolstack.security().label(domain))
                                    .orElse("-"))));
        }
        if (pools) {
            columns.add(new DomainList.Column(
                    "         Cpupool",
                    status -> String.format(
                            "%16s", asked(alive, status, ListCommand::pool).orElse("-"))));
        }
        if (nodes) {
            int all = toolstack.details().nodes();
            columns.add(new DomainList.Column(
                    " NODE Affinity",
                    status -> " "
                            + asked(alive, status, domain -> nodes(domain, all)).orElse("-")));
        }
        return columns;
    }

    private static Optional<String> pool(Domain domain) {
        CpuPool pool = domain.processors().pool();
        return Optional.of(pool.name().isEmpty() ? Integer.toString(pool.id()) : pool.name());
    }

    private static Optional<String> nodes(Domain domain, int all) {
        CpuSet nodes = domain.processors().nodes();
        return Optional.of(nodes.size() == all ? "all" : nodes.toString());
    }

    private interface Question {
        Optional<String> ask(Domain domain);
    }

    /** A domain may end between the list and the question. */
    private static Optional<String> asked(Map<UUID, Domain> alive, DomainStatus status, Question question) {
        try {
            return Optional.ofNullable(alive.get(status.uuid())).flatMap(question::ask);
        } catch (DomainGoneException e) {
            return Optional.empty();
        }
    }

    /** A file that is no configuration must not hide those of the other domains. */
    private Optional<LibxlConfig> config(Toolstack toolstack, DomainStatus status) {
        try {
            return toolstack.find(status.domid()).flatMap(Domain::libxlConfig);
        } catch (ConfigException e) {
            session.complain(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }
}
