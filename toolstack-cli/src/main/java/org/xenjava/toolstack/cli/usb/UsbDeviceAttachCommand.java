// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.usb;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description =
                "Give an HVM domain a USB device of the host. A controller is added if the domain has no free port.")
final class UsbDeviceAttachCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY=VALUE",
            description = "as in 'usbdev' of xl.cfg: hostbus=N, hostaddr=N, controller=DEVID, port=N")
    private List<String> settings = new ArrayList<>();

    UsbDeviceAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "has all USB devices that no guest has";
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().attachUsbDevice(XlConfigReader.usb(OtherDevice.Kind.USB_DEVICE, String.join(",", settings)));
    }
}
