// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.usb;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class UsbCommands {
    private UsbCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("usbctrl-attach", UsbControllerAttachCommand::new);
        commands.put("usbctrl-detach", UsbControllerDetachCommand::new);
        commands.put("usbdev-attach", UsbDeviceAttachCommand::new);
        commands.put("usbdev-detach", UsbDeviceDetachCommand::new);
        commands.put("usb-list", UsbListCommand::new);
        return commands;
    }
}
