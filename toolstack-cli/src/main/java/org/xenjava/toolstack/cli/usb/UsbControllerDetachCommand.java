// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.usb;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Take a USB controller and its devices from a domain. The host's drivers get the devices.")
final class UsbControllerDetachCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "DEVID", description = "number of the controller, as 'usb-list' prints it")
    private int devid;

    UsbControllerDetachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().detachUsbController(devid);
    }
}
