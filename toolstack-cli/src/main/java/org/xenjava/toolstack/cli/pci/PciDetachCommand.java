// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description =
                "Take a PCI device from a domain. It is assignable again once the guest has ejected it, or has ended.")
final class PciDetachCommand extends DomainCommand {
    @Option(
            names = {"-f", "--force"},
            description = "take the device even if the guest does not release it")
    private boolean force;

    @Parameters(index = "1", paramLabel = "DEVICE", description = "address of the device in the host")
    private String device = "";

    PciDetachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        PciAddress address = PciAddress.parse(device)
                .orElseThrow(() -> new ConfigException("'" + device + "' is no address of a PCI device"));
        domain.devices().detachPci(address, force ? DetachMode.FORCE : DetachMode.IF_GUEST_AGREES);
    }
}
