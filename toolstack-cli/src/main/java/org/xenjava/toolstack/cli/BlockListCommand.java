// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(description = "List domains' disks, with the guest's state of each (4 is connected).")
final class BlockListCommand extends HostCommand {
    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(arity = "1..*", paramLabel = "DOMAIN", description = "domids, names or UUIDs")
    private List<String> domains = List.of();

    BlockListCommand(Session session) {
        super(session);
    }

    @Override
    int run(Toolstack toolstack) {
        List<Domain> asked = domains.stream().map(toolstack::resolve).toList();
        if (json.chosen()) {
            session.print(Json.pretty(DeviceTables.disksJson(asked)));
        } else {
            DeviceTables.diskLines(asked).forEach(session::print);
        }
        return ExitStatus.OK;
    }
}
