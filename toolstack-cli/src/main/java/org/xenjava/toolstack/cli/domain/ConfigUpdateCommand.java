// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.DomainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        description = {
            "Store another configuration for the next boot of a domain.",
            "The running guest does not change. It keeps its name and its UUID. The configuration of a domain of xl is"
                    + " stored where xl finds it."
        })
final class ConfigUpdateCommand extends HostCommand {
    private final Session session;

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "FILE|KEY=VALUE",
            description = "an xl.cfg(5) file, and lines that override it")
    private final List<String> file = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    ConfigUpdateCommand(Session session) {
        super(session);
        this.session = session;
    }

    @Override
    protected int run(Toolstack toolstack) {
        DomainConfig config = GuestFile.read(file, spec, session);
        toolstack.resolve(domain).updateConfig(config);
        return ExitStatus.OK;
    }
}
