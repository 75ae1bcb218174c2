// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.Session;

/** The commands of this package by name, in the order in which the help lists them. */
public final class DeviceCommands {
    private DeviceCommands() {}

    public static Map<String, Function<Session, Object>> byName() {
        Map<String, Function<Session, Object>> commands = new LinkedHashMap<>();
        commands.put("block-attach", BlockAttachCommand::new);
        commands.put("block-list", BlockListCommand::new);
        commands.put("block-detach", BlockDetachCommand::new);
        commands.put("network-attach", NetworkAttachCommand::new);
        commands.put("network-list", NetworkListCommand::new);
        commands.put("network-detach", NetworkDetachCommand::new);
        commands.put("channel-list", ChannelListCommand::new);
        commands.put("vkb-attach", VkbAttachCommand::new);
        commands.put("vkb-list", VkbListCommand::new);
        commands.put("vkb-detach", VkbDetachCommand::new);
        commands.put("cd-insert", CdInsertCommand::new);
        commands.put("cd-eject", CdEjectCommand::new);
        commands.put("vncviewer", VncviewerCommand::new);
        commands.put("qemu-monitor-command", QemuMonitorCommand::new);
        commands.put("screenshot", ScreenshotCommand::new);
        return commands;
    }
}
