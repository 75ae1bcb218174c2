// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import java.util.Optional;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.xenctrl.units.PciAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Make a PCI device assignable: take it from its driver and bind it to xen-pciback.",
            "Xen holds the device in quarantine until a guest has it."
        })
final class PciAssignableAddCommand extends HostCommand {
    @Option(
            names = {"-n", "--name"},
            paramLabel = "NAME",
            description = "give the device a name")
    private Optional<String> name = Optional.empty();

    @Parameters(index = "0", paramLabel = "ADDRESS", description = "[SSSS:]BB:DD.F, as lspci prints it")
    private String device = "";

    PciAssignableAddCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        PciAddress address = toolstack.pciDevices().resolve(device);
        if (!toolstack.pciDevices().makeAssignable(address, name)) {
            session.complain(address + " was assignable already");
        }
        return ExitStatus.OK;
    }
}
