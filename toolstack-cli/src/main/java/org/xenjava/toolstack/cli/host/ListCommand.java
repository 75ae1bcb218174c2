// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
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
            description = "print UUIDs and shutdown reasons as well")
    private boolean verbose;

    @Option(
            names = {"-l", "--long"},
            description = "print the configurations in libxl's JSON, as xl list -l does")
    private boolean longList;

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
            (verbose ? DomainList.verboseLines(statuses) : DomainList.lines(statuses)).forEach(session::print);
        }
        return ExitStatus.OK;
    }

    /** A domain without a configuration is left out; that is a failure only if it was named. */
    private int printConfigs(Toolstack toolstack, List<DomainStatus> statuses) {
        SortedMap<Integer, LibxlConfig> configs = new TreeMap<>();
        for (DomainStatus status : statuses) {
            toolstack
                    .find(status.domid())
                    .flatMap(Domain::libxlConfig)
                    .ifPresentOrElse(
                            config -> configs.put(status.domid(), config),
                            () -> session.complain("domain " + status.domid() + ": no configuration is stored"));
        }
        session.print(new JsonText(LibxlConfig.listing(configs).stripTrailing()));
        return domains.isEmpty() || configs.size() == statuses.size() ? ExitStatus.OK : ExitStatus.FAILED;
    }
}
