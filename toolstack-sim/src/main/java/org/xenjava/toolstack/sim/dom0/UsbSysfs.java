// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.xenjava.toolstack.sim.machine.UsbBuses;
import org.xenjava.toolstack.sim.machine.UsbGadget;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The files below {@code /sys} by which Linux shows USB devices and binds their interfaces to drivers. */
final class UsbSysfs {
    static final String ROOT = "bus/usb/";

    private static final String DEVICES = ROOT + "devices";
    private static final Pattern ENTRY = Pattern.compile(DEVICES + "/([^/]+)/(\\w+)");
    private static final Pattern BIND = Pattern.compile(ROOT + "drivers/([^/]+)/bind");

    private final UsbBuses buses;

    UsbSysfs(UsbBuses buses) {
        this.buses = buses;
    }

    Optional<String> read(String path) {
        Matcher entry = ENTRY.matcher(path);
        if (!entry.matches()) {
            return Optional.empty();
        }
        if (entry.group(2).equals("bInterfaceNumber")) {
            return ofInterface(entry.group(1)).map(gadget -> "00");
        }
        return Optional.ofNullable(buses.gadgets().get(entry.group(1))).map(gadget -> Map.of(
                        "busnum",
                        "" + gadget.bus(),
                        "devnum",
                        "" + gadget.device(),
                        "serial",
                        gadget.serial(),
                        "bDeviceClass",
                        gadget.classCode())
                .get(entry.group(2)));
    }

    private Optional<UsbGadget> ofInterface(String name) {
        return buses.gadgets().values().stream()
                .filter(gadget -> gadget.interfaceName().equals(name))
                .findFirst();
    }

    Optional<String> link(String path) {
        Matcher entry = ENTRY.matcher(path);
        return entry.matches() && entry.group(2).equals("driver")
                ? Optional.ofNullable(buses.drivers().get(entry.group(1)))
                : Optional.empty();
    }

    List<String> entries(String path) {
        return path.equals(DEVICES)
                ? buses.gadgets().values().stream()
                        .flatMap(gadget -> Stream.of(gadget.name(), gadget.interfaceName()))
                        .toList()
                : List.of();
    }

    void write(String path, String text) {
        Matcher bind = BIND.matcher(path);
        if (!bind.matches()) {
            throw new XenRefusal(Errno.ENOENT);
        }
        UsbGadget gadget = ofInterface(text)
                .filter(one -> one.driver().equals(bind.group(1)))
                .orElseThrow(() -> new XenRefusal(Errno.ENODEV));
        if (buses.isInUse(gadget) || buses.drivers().containsKey(text)) {
            throw new XenRefusal(Errno.EBUSY);
        }
        buses.drivers().put(text, gadget.driver());
    }
}
