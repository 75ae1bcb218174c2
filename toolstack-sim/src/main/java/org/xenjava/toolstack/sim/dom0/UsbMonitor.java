// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.UsbGadget;

/**
 * The commands of a simulated QEMU's monitor about USB controllers and USB devices of the host. A guest that runs releases a
 * controller at once when it is asked to.
 */
final class UsbMonitor {
    private static final Pattern DRIVER =
            Pattern.compile("\"driver\":\"(piix3-usb-uhci|usb-ehci|nec-usb-xhci|usb-host)\"");
    private static final Pattern ID = Pattern.compile("\"id\":\"(xenusb-[^\"]+)\"");
    private static final Pattern BUS = Pattern.compile("\"bus\":\"(xenusb-\\d+)\\.0\"");

    private final Machine machine;
    private final int domid;

    UsbMonitor(Machine machine, int domid) {
        this.machine = machine;
        this.domid = domid;
    }

    /** Whether the request is about a device of this class. */
    boolean knows(String request) {
        return DRIVER.matcher(request).find() || ID.matcher(request).find();
    }

    /** @param file the file that was passed to QEMU before */
    String add(String request, Optional<String> file) {
        Map<String, Optional<UsbGadget>> devices = machine.usb().inGuest(domid);
        String id = value(ID, request);
        if (devices.containsKey(id)) {
            return QemuMonitorLink.error("Duplicate device ID '" + id + "'");
        }
        if (!value(DRIVER, request).equals("usb-host")) {
            devices.put(id, Optional.empty());
            return QemuMonitorLink.DONE;
        }
        String bus = value(BUS, request);
        if (!devices.containsKey(bus)) {
            return QemuMonitorLink.error("Bus '" + bus + ".0' not found");
        }
        Optional<UsbGadget> gadget = machine.usb().gadgets().values().stream()
                .filter(one ->
                        Optional.of(one.file()).equals(file) && !machine.usb().isInUse(one))
                .findFirst();
        if (gadget.isEmpty()) {
            return QemuMonitorLink.error("failed to open host usb device");
        }
        machine.usb().take(domid, id, gadget.get());
        return QemuMonitorLink.DONE;
    }

    String remove(String request) {
        Map<String, Optional<UsbGadget>> devices = machine.usb().inGuest(domid);
        String id = value(ID, request);
        if (!devices.containsKey(id)) {
            return QemuMonitorLink.error("Device '" + id + "' not found");
        }
        boolean controller = devices.getOrDefault(id, Optional.empty()).isEmpty();
        if (!controller || machine.require(domid).isRunning()) {
            machine.usb().drop(domid, id);
        }
        return QemuMonitorLink.DONE;
    }

    String list() {
        return "{\"return\": ["
                + machine.usb().inGuest(domid).keySet().stream()
                        .map(id -> "{\"name\": \"" + id + "\", \"type\": \"child<device>\"}")
                        .collect(Collectors.joining(", "))
                + "]}";
    }

    private static String value(Pattern pattern, String request) {
        Matcher found = pattern.matcher(request);
        return found.find() ? found.group(1) : "";
    }
}
