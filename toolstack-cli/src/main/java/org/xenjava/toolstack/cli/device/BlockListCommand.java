// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(description = "List the disks of domains, with the state of each in the guest (4 is connected).")
final class BlockListCommand extends HostCommand implements ReadOnly {
    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(arity = "1..*", paramLabel = "DOMAIN", description = "domids, names or UUIDs")
    private List<String> domains = List.of();

    BlockListCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        List<Domain> asked = domains.stream().map(toolstack::resolve).toList();
        if (json.chosen()) {
            session.print(Json.pretty(DeviceTables.diskDocuments(asked)));
        } else {
            DeviceTables.diskLines(asked).forEach(session::print);
        }
        return ExitStatus.OK;
    }
}
