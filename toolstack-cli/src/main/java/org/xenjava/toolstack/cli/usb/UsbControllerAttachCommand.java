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

@Command(description = "Give an HVM domain a USB controller for devices of the host.")
final class UsbControllerAttachCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "KEY=VALUE",
            description = "as in 'usbctrl' of xl.cfg: version=1, 2 or 3, ports=N")
    private List<String> settings = new ArrayList<>();

    UsbControllerAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "has the USB controllers of the host";
    }

    @Override
    protected void run(Domain domain) {
        domain.devices()
                .attachUsbController(XlConfigReader.usb(OtherDevice.Kind.USB_CONTROLLER, String.join(",", settings)));
    }
}
