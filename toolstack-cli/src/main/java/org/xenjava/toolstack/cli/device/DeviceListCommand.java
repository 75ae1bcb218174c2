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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command that lists one kind of devices of some domains. */
abstract class DeviceListCommand extends HostCommand implements ReadOnly {
    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(arity = "1..*", paramLabel = "DOMAIN", description = "domids, names or UUIDs")
    private List<String> domains = List.of();

    DeviceListCommand(Session session) {
        super(session);
    }

    /** {@return what {@code --json} prints} */
    abstract Object documents(List<Domain> asked);

    /** {@return the lines of the table} */
    abstract List<String> lines(List<Domain> asked);

    @Override
    protected int run(Toolstack toolstack) {
        List<Domain> asked = domains.stream().map(toolstack::resolve).toList();
        if (json.chosen()) {
            session.print(Json.pretty(documents(asked)));
        } else {
            lines(asked).forEach(session::print);
        }
        return ExitStatus.OK;
    }
}
