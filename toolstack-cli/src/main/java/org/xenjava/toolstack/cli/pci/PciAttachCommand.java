// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Give an HVM or PV domain an assignable PCI device. The guest's drivers find it by themselves.")
final class PciAttachCommand extends DomainCommand {
    @Parameters(
            index = "1",
            paramLabel = "DEVICE",
            description = "an element of 'pci' in xl.cfg: [SSSS:]BB:DD.F[,permissive=1][,seize=1]…")
    private String device = "";

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "SLOT",
            description = "number of the slot in an HVM guest, in hexadecimal; without one, QEMU chooses")
    private Optional<String> slot = Optional.empty();

    PciAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "has all PCI devices that no guest has";
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().attachPci(XlConfigReader.pciDevice(device, slot));
    }
}
