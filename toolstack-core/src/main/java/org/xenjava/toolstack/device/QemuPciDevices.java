// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonObject;
import java.util.OptionalInt;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The PCI devices of the host in the machine of a QEMU, under the names that libxl gives them. */
public final class QemuPciDevices {
    private static final int FUNCTION_BITS = 3;

    /** The part of a device's configuration space that a guest may write. */
    public enum ConfigurationSpace {
        /** What QEMU knows. */
        KNOWN,
        /** All of it. */
        ALL
    }

    private final QemuMonitor monitor;

    QemuPciDevices(QemuMonitor monitor) {
        this.monitor = monitor;
    }

    /** QEMU's name of the device. */
    private static String id(PciAddress address) {
        return "pci-pt-%02x_%02x.%x".formatted(address.bus(), address.device(), address.function());
    }

    int add(PciAddress address, OptionalInt slot, ConfigurationSpace access) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("id", id(address));
        arguments.addProperty("driver", "xen-pci-passthrough");
        arguments.addProperty("hostaddr", address.toString());
        if (access == ConfigurationSpace.ALL) {
            arguments.addProperty("permissive", true);
        }
        slot.ifPresent(number -> arguments.addProperty("addr", "%x.0".formatted(number)));
        monitor.ask("device_add", arguments);
        return find(address)
                .orElseThrow(() -> new DeviceModelException(
                        "QEMU has taken PCI device " + address + ", and does not show it to the guest"));
    }

    /** Device and function on the guest's bus; empty if the guest does not have the device. */
    OptionalInt find(PciAddress address) {
        for (QmpAnswer bus : monitor.ask("query-pci", new JsonObject()).elements()) {
            for (QmpAnswer device : bus.member("devices").elements()) {
                if (device.text("qdev_id").equals(id(address))) {
                    return OptionalInt.of(device.count("slot") << FUNCTION_BITS | device.count("function"));
                }
            }
        }
        return OptionalInt.empty();
    }

    void requestRemoval(PciAddress address) {
        JsonObject arguments = new JsonObject();
        arguments.addProperty("id", id(address));
        monitor.ask("device_del", arguments);
    }
}
