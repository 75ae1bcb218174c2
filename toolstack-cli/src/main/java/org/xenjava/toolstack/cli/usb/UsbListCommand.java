// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.usb;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.device.view.AttachedUsbController;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(description = "List the USB controllers of a domain and the devices of the host on their ports.")
final class UsbListCommand extends HostCommand implements ReadOnly {
    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    UsbListCommand(Session session) {
        super(session);
    }

    /** A controller as JSON. */
    record Document(int devid, int version, int ports, List<Device> devices) {}

    /** A device as JSON; bus and device are 0 if it has been unplugged. */
    record Device(int port, String name, int hostbus, int hostaddr) {}

    @Override
    protected int run(Toolstack toolstack) {
        List<AttachedUsbController> controllers =
                toolstack.resolve(domain).devices().usbControllers();
        if (json.chosen()) {
            session.print(Json.pretty(
                    controllers.stream().map(UsbListCommand::document).toList()));
        } else {
            controllers.forEach(this::print);
        }
        return ExitStatus.OK;
    }

    private static Document document(AttachedUsbController controller) {
        return new Document(
                controller.devid(),
                controller.version(),
                controller.ports(),
                controller.devices().stream()
                        .map(device -> new Device(
                                device.port(),
                                device.name(),
                                device.address().map(UsbAddress::bus).orElse(0),
                                device.address().map(UsbAddress::device).orElse(0)))
                        .toList());
    }

    /** xl prints numbers of buses and devices in hexadecimal, and state 0 for every emulated controller. */
    private void print(AttachedUsbController controller) {
        session.print(row("Devid", "Type", "BE", "state", "usb-ver", "ports"));
        session.print(row(
                "" + controller.devid(), "devicemodel", "0", "0", "" + controller.version(), "" + controller.ports()));
        IntStream.rangeClosed(1, controller.ports())
                .forEach(port -> session.print("  Port " + port + ":"
                        + controller.devices().stream()
                                .filter(device -> device.port() == port)
                                .flatMap(device -> device.address().stream())
                                .map(address -> String.format(
                                        Locale.ROOT, " Bus %03x Device %03x", address.bus(), address.device()))
                                .findFirst()
                                .orElse("")));
    }

    private static String row(String devid, String type, String backend, String state, String version, String ports) {
        return String.format(
                Locale.ROOT, "%-6s %-12s %-3s %-5s %-7s %-5s", devid, type, backend, state, version, ports);
    }
}
