// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.List;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "List the domains with the memory in MiB that each shares with others.")
final class SharingCommand extends HostCommand implements ReadOnly {
    @Parameters(paramLabel = "DOMAIN", description = "list these domains only: domids, names or UUIDs")
    private List<String> domains = List.of();

    SharingCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        List<DomainStatus> statuses = domains.isEmpty()
                ? toolstack.statuses()
                : domains.stream().map(name -> toolstack.resolve(name).status()).toList();
        DomainList.sharingLines(statuses).forEach(session::print);
        return ExitStatus.OK;
    }
}
