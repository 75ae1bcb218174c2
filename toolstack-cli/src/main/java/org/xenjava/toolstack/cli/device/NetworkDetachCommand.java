// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.Locale;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ConfigException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Detach a network card from a domain.")
final class NetworkDetachCommand extends DomainCommand {
    @Option(
            names = {"-f", "--force"},
            description = "detach the card even if the guest does not release it")
    private boolean force;

    @Parameters(index = "1", paramLabel = "CARD", description = "its MAC address, or its number in network-list")
    private String card = "";

    NetworkDetachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        AttachedNic nic = domain.devices().nics().stream()
                .filter(attached -> attached.mac().equals(card.toLowerCase(Locale.ROOT))
                        || Integer.toString(attached.devid()).equals(card))
                .findFirst()
                .orElseThrow(() -> new ConfigException(domain + " has no network card " + card));
        domain.devices().detachNic(nic.devid(), force ? DetachMode.FORCE : DetachMode.IF_GUEST_AGREES);
    }
}
