// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Plans the devices that only QEMU serves, with the nodes that libxl writes (libxl_console.c, libxl_9pfs.c,
 * libxl_vfb.c); {@link Keyboards} has the keyboards.
 */
final class QemuDevices {
    private static final Set<String> DOMAIN_0 = Set.of("", "0", "Domain-0");
    private static final Set<String> SECURITY_MODELS =
            Set.of("none", "passthrough", "mapped", "mapped-xattr", "mapped-file");
    private static final String BACKEND = "backend";

    /** The bytes of a console's output that libxl lets wait. */
    private static final String CONSOLE_LIMIT = "1048576";

    private final DomainConfig config;
    private final HostInventory host;
    private final List<QemuDevicePlan> plans = new ArrayList<>();

    private QemuDevices(DomainConfig config, HostInventory host) {
        this.config = config;
        this.host = host;
    }

    /** @throws ConfigException if QEMU or this host cannot serve a device */
    static List<QemuDevicePlan> of(DomainConfig config, HostInventory host) {
        QemuDevices devices = new QemuDevices(config, host);
        config.otherDevices().forEach(devices::plan);
        if (config.describedKeys().containsKey(DescribedKey.VKB_DEVICE) && devices.next(PvDevice.KEYBOARD) == 0) {
            devices.keyboard(Keyboards.PLAIN);
        }
        return List.copyOf(devices.plans);
    }

    static void requireDomain0(OtherDevice device) {
        String server = device.parameters().getOrDefault(BACKEND, "");
        if (!DOMAIN_0.contains(server)) {
            throw new ConfigException(device.kind().key() + ": backend " + server
                    + " is not supported: such devices are served by QEMU in domain 0");
        }
    }

    private void plan(OtherDevice device) {
        requireDomain0(device);
        switch (device.kind()) {
            case CHANNEL -> channel(device);
            case SHARE -> share(device);
            case FRAME_BUFFER -> screen();
            case KEYBOARD -> keyboard(device);
            default -> {
                // PciPlan and UsbPlan plan devices of the host. A guest with any other kind is refused.
            }
        }
    }

    /** Console 0 is the guest's own, which xenconsoled serves. */
    private void channel(OtherDevice channel) {
        int devid = next(PvDevice.CONSOLE) + 1;
        String name = required(channel, "name");
        String connection = required(channel, "connection");
        String path = channel.parameters().getOrDefault("path", "");
        String id = "libxl-channel" + devid;
        boolean socket = connection.equals("socket");
        if (socket && !path.startsWith("/")) {
            throw new ConfigException("channel " + name + ": the path of its socket is absolute, not '" + path + "'");
        }
        String end = socket
                ? "socket,id=" + id + ",path=" + QemuCommandLine.escaped(path) + ",server=on,wait=off"
                : "pty,id=" + id;
        ImmutableMap.Builder<String, String> back = ImmutableMap.<String, String>builder()
                .put("protocol", "vt100")
                .put("name", name)
                .put("connection", connection);
        if (socket) {
            back.put("path", path);
        }
        plans.add(new QemuDevicePlan(
                PvDevice.CONSOLE,
                devid,
                "channel " + name + ", " + (socket ? "socket " + path : "terminal"),
                back.buildOrThrow(),
                Map.of("protocol", "vt100"),
                ImmutableMap.of(
                        "name", name, "limit", CONSOLE_LIMIT, "type", "ioemu", "output", "chardev:" + id, "tty", ""),
                List.of("-chardev", end)));
    }

    private void share(OtherDevice share) {
        String tag = required(share, "tag");
        String path = required(share, "path");
        String model = share.parameters().getOrDefault("security_model", "none");
        if (!SECURITY_MODELS.contains(model)) {
            throw new ConfigException(
                    "p9 " + tag + ": security_model is one of none, passthrough, mapped, mapped-xattr,"
                            + " mapped-file, not '" + model + "'");
        }
        if (!path.startsWith("/") || !host.isDirectory(path)) {
            throw new ConfigException("p9 " + tag + ": " + path + " is not the absolute path of a directory");
        }
        plans.add(new QemuDevicePlan(
                PvDevice.SHARE,
                next(PvDevice.SHARE),
                "share " + tag + ", " + path + ", security model " + model,
                ImmutableMap.of("path", path, "security_model", model),
                Map.of("tag", tag),
                Map.of(),
                List.of()));
    }

    /** A screen with its keyboard, as in xl. libxl's password of the screen would be visible to the guest. */
    private void screen() {
        if (config.type() == DomainType.HVM) {
            throw new ConfigException("vfb: an HVM guest shows its screen with the keys vnc, sdl and spice");
        }
        if (next(PvDevice.SCREEN) > 0) {
            throw new ConfigException("vfb: QEMU shows one screen of a guest");
        }
        plans.add(new QemuDevicePlan(
                PvDevice.SCREEN,
                0,
                "paravirtual screen, " + GuestScreen.words(config),
                GuestScreen.nodes(config),
                Map.of(),
                Map.of(),
                List.of()));
        keyboard(Keyboards.PLAIN);
    }

    private void keyboard(OtherDevice keyboard) {
        plans.add(Keyboards.plan(keyboard, next(PvDevice.KEYBOARD)));
    }

    private int next(String kind) {
        return (int) plans.stream().filter(plan -> plan.kind().equals(kind)).count();
    }

    private static String required(OtherDevice device, String name) {
        String value = device.parameters().getOrDefault(name, "");
        if (value.isEmpty()) {
            throw new ConfigException(device.kind().key() + ": it needs " + name);
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw new ConfigException(device.kind().key() + ": the " + name + " has control characters");
        }
        return value;
    }
}
