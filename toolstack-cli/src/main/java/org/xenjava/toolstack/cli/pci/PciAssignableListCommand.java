// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import java.util.List;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.device.view.AssignableDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(description = "List the assignable PCI devices that no guest has.")
final class PciAssignableListCommand extends HostCommand implements ReadOnly {
    @Option(
            names = {"-n", "--show-names"},
            description = "show the names of the devices")
    private boolean names;

    @Mixin
    private final JsonOption json = new JsonOption();

    PciAssignableListCommand(Session session) {
        super(session);
    }

    /** A device as JSON. */
    record Document(String device, String name) {}

    @Override
    protected int run(Toolstack toolstack) {
        List<AssignableDevice> devices = toolstack.pciDevices().assignable();
        if (json.chosen()) {
            session.print(Json.pretty(devices.stream()
                    .map(device -> new Document(
                            device.address().toString(), device.name().orElse("")))
                    .toList()));
        } else {
            // xl's lines have a blank where a name could stand.
            devices.forEach(device -> session.print(
                    device.address() + " " + (names ? device.name().orElse("") : "")));
        }
        return ExitStatus.OK;
    }
}
