// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Attach a network card to a domain. The drivers in the guest find it by themselves.")
final class NetworkAttachCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "KEY=VALUE",
            description = "values of 'vif' in xl.cfg: bridge=…, mac=…; without any, a card on the bridge xenbr0")
    private final List<String> words = new ArrayList<>();

    NetworkAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().attach(XlConfigReader.nic(String.join(",", words)));
    }
}
