// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.device.view.AttachedKeyboard;
import org.xenjava.toolstack.device.view.XenbusState;
import picocli.CommandLine.Command;

@Command(
        description =
                "List the paravirtual keyboards of domains, with the state of each in the guest (4 is connected).")
final class VkbListCommand extends DeviceListCommand {
    private static final String HEADER = String.format(
            "%-3s %-2s %-6s %-5s %-6s %6s %-10s %-10s %-30s",
            "Idx", "BE", "handle", "state", "evt-ch", "ref", "ID", "BE-type", "BE-path");

    /** The domain of all back ends. */
    private static final int BACKEND_DOMID = 0;

    private static final String BACKEND_TYPE = "qemu";

    /** The number that xl prints for a missing value. */
    private static final long NONE = -1;

    VkbListCommand(Session session) {
        super(session);
    }

    /** A keyboard as JSON. */
    record KeyboardDocument(int domid, int devid, Optional<String> id, XenbusState frontState, XenbusState backState) {}

    @Override
    Object documents(List<Domain> asked) {
        return asked.stream()
                .flatMap(domain -> domain.devices().keyboards().stream()
                        .map(keyboard -> new KeyboardDocument(
                                domain.domid(),
                                keyboard.devid(),
                                keyboard.id(),
                                keyboard.frontState(),
                                keyboard.backState())))
                .toList();
    }

    @Override
    List<String> lines(List<Domain> asked) {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        asked.forEach(domain -> domain.devices().keyboards().forEach(keyboard -> lines.add(line(keyboard))));
        return lines;
    }

    private static String line(AttachedKeyboard keyboard) {
        return String.format(
                Locale.ROOT,
                "%-3d %-2d %6d %5d %6d %6d %-10s %-10s %-30s",
                keyboard.devid(),
                BACKEND_DOMID,
                keyboard.devid(),
                keyboard.frontState().ordinal(),
                keyboard.eventChannel().orElse(NONE),
                keyboard.ringRef().orElse(NONE),
                keyboard.id().orElse("-"),
                BACKEND_TYPE,
                keyboard.backPath());
    }
}
