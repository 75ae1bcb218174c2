// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.usb;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Take a USB device from a domain. The host's drivers get it; the guest is not asked.")
final class UsbDeviceDetachCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "DEVID", description = "number of the controller, as 'usb-list' prints it")
    private int controller;

    @Parameters(index = "2", paramLabel = "PORT", description = "number of the port")
    private int port;

    UsbDeviceDetachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().detachUsbDevice(controller, port);
    }
}
