// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.device.view.DriverReturn;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Make a PCI device unassignable: xen-pciback releases it.")
final class PciAssignableRemoveCommand extends HostCommand {
    @Option(
            names = {"-r", "--rebind"},
            description = "give the device back to the driver that it had")
    private boolean rebind;

    @Parameters(index = "0", paramLabel = "DEVICE", description = "address or name of an assignable device")
    private String device = "";

    PciAssignableRemoveCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack
                .pciDevices()
                .release(toolstack.pciDevices().resolve(device), rebind ? DriverReturn.ORIGINAL : DriverReturn.NONE);
        return ExitStatus.OK;
    }
}
