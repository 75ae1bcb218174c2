// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import org.xenjava.toolstack.device.plan.UsbPlan.Controller;
import org.xenjava.toolstack.device.plan.UsbPlan.Port;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection.FileAccess;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * The USB controllers for devices of the host, and these devices, in the machine of a QEMU. They have the names that libxl
 * gives them. QEMU gets a device as an open file, so that it can be confined.
 */
public final class QemuUsbDevices {
    private final QemuMonitor monitor;

    QemuUsbDevices(QemuMonitor monitor) {
        this.monitor = monitor;
    }

    private static String id(int devid) {
        return "xenusb-" + devid;
    }

    private static String id(UsbAddress address) {
        return "xenusb-" + address.bus() + "-" + address.device();
    }

    /** Adds a controller. */
    public void add(Controller controller) {
        JsonObject arguments = named(id(controller.devid()));
        arguments.addProperty(
                "driver",
                switch (controller.version()) {
                    case 1 -> "piix3-usb-uhci";
                    case 2 -> "usb-ehci";
                    default -> "nec-usb-xhci";
                });
        if (controller.version() > 2) {
            arguments.addProperty("p2", controller.ports());
            arguments.addProperty("p3", controller.ports());
        }
        monitor.ask("device_add", arguments);
    }

    /** Whether the machine has a controller. */
    public boolean hasController(int devid) {
        return has(id(devid));
    }

    /** Asks the guest to release a controller. */
    public void requestRemoval(int devid) {
        monitor.ask("device_del", named(id(devid)));
    }

    /**
     * Adds a device of the host. QEMU takes it from the host's drivers.
     *
     * @param file the device's file below {@code /dev/bus/usb}, which this process opens
     */
    public void add(UsbAddress address, Port port, Path file) {
        monitor.withFile(file, FileAccess.READ_WRITE, (client, name) -> {
            JsonObject arguments = named(id(address));
            arguments.addProperty("driver", "usb-host");
            arguments.addProperty("bus", id(port.controller()) + ".0");
            arguments.addProperty("port", Integer.toString(port.number()));
            arguments.addProperty("hostdevice", name);
            client.execute("device_add", arguments);
        });
    }

    /** Takes a device from the guest, which is not asked. QEMU returns it to the host's drivers. */
    public void remove(UsbAddress address) {
        if (has(id(address))) {
            monitor.ask("device_del", named(id(address)));
        }
    }

    private boolean has(String id) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("path", "/machine/peripheral");
        return monitor.ask("qom-list", arguments).elements().stream()
                .anyMatch(element -> element.text("name").equals(id));
    }

    private static JsonObject named(String id) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("id", id);
        return arguments;
    }
}
