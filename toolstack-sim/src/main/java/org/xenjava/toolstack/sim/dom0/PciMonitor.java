// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The commands of a simulated QEMU's monitor about devices that are passed through. A guest that runs ejects a device at
 * once when it is asked to.
 */
final class PciMonitor {
    static final String DRIVER = "\"driver\":\"xen-pci-passthrough\"";

    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");
    private static final Pattern HOST = Pattern.compile("\"hostaddr\":\"([^\"]+)\"");
    private static final Pattern PLACE = Pattern.compile("\"addr\":\"([0-9a-f]+)");
    private static final int HEX = 16;

    /** The slots before it have the devices that QEMU's machine begins with. */
    private static final int FIRST_SLOT = 4;

    private final Machine machine;
    private final int domid;

    PciMonitor(Machine machine, int domid) {
        this.machine = machine;
        this.domid = domid;
    }

    String add(String request) {
        Map<String, Integer> devices = machine.pci().inGuest(domid);
        String id = value(ID, request);
        if (devices.containsKey(id)) {
            return QemuMonitorLink.error("Duplicate device ID '" + id + "'");
        }
        if (PciAddress.parse(value(HOST, request))
                .filter(machine.pci().cards()::containsKey)
                .isEmpty()) {
            return QemuMonitorLink.error("Failed to open host device " + value(HOST, request));
        }
        int slot = value(PLACE, request).isEmpty() ? free(devices) : Integer.parseInt(value(PLACE, request), HEX);
        if (devices.containsValue(slot)) {
            return QemuMonitorLink.error("PCI: slot " + slot + " in use");
        }
        devices.put(id, slot);
        return QemuMonitorLink.DONE;
    }

    private static int free(Map<String, Integer> devices) {
        int slot = FIRST_SLOT;
        while (devices.containsValue(slot)) {
            slot++;
        }
        return slot;
    }

    String remove(String request) {
        Map<String, Integer> devices = machine.pci().inGuest(domid);
        String id = value(ID, request);
        if (!devices.containsKey(id)) {
            return QemuMonitorLink.error("Device '" + id + "' not found");
        }
        if (machine.require(domid).isRunning()) {
            devices.remove(id);
        }
        return QemuMonitorLink.DONE;
    }

    String list() {
        String devices = new TreeMap<>(machine.pci().inGuest(domid))
                .entrySet().stream()
                        .map(entry -> "{\"qdev_id\": \"" + entry.getKey() + "\", \"bus\": 0, \"slot\": "
                                + entry.getValue() + ", \"function\": 0}")
                        .collect(Collectors.joining(", "));
        return "{\"return\": [{\"bus\": 0, \"devices\": [" + devices + "]}]}";
    }

    private static String value(Pattern pattern, String request) {
        Matcher found = pattern.matcher(request);
        return found.find() ? found.group(1) : "";
    }
}
