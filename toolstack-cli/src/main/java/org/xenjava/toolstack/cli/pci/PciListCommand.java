// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.xenjava.toolstack.DomainDevices;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(description = "List the PCI devices of the host that a domain has, with their places in the guest.")
final class PciListCommand extends HostCommand implements ReadOnly {
    private static final int FUNCTION_BITS = 3;
    private static final int FUNCTION_MASK = 7;

    /** The place of a device that was detached by force and that the guest has not ejected. */
    private static final String NOT_EJECTED = "not-ejected";

    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    PciListCommand(Session session) {
        super(session);
    }

    /** A device as JSON. */
    record Document(String place, String device) {}

    @Override
    protected int run(Toolstack toolstack) {
        DomainDevices of = toolstack.resolve(domain).devices();
        List<Document> devices = Stream.concat(
                        of.pciDevices().stream().map(PciListCommand::document),
                        of.pciDevicesNotEjected().stream().map(device -> new Document(NOT_EJECTED, device.toString())))
                .toList();
        if (json.chosen()) {
            session.print(Json.pretty(devices));
        } else if (!devices.isEmpty()) {
            session.print("Vdev Device");
            devices.forEach(device -> session.print(device.place() + " " + device.device()));
        }
        return ExitStatus.OK;
    }

    private static Document document(AttachedPciDevice device) {
        String place = String.format(
                Locale.ROOT, "%02x.%x", device.guestDevfn() >> FUNCTION_BITS, device.guestDevfn() & FUNCTION_MASK);
        return new Document(place, device.address().toString());
    }
}
