// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * Finds USB devices of domain 0's Linux, and binds their interfaces to drivers, through {@code /sys}. A device has the name of
 * its place, such as {@code 1-1.2}, and each interface a name such as {@code 1-1.2:1.0}.
 */
public final class UsbKernel {
    private static final Logger LOG = LoggerFactory.getLogger(UsbKernel.class);
    private static final String DEVICES = "bus/usb/devices";
    private static final String DRIVERS = "bus/usb/drivers/";
    private static final String HUB = "09";

    /** The driver of interfaces that a process has claimed. */
    private static final String USBFS = "usbfs";

    private final HostDevices kernel;

    public UsbKernel(HostDevices kernel) {
        this.kernel = kernel;
    }

    /** Why a guest cannot have the device; empty if it can. */
    public Optional<String> refusal(UsbAddress address) {
        Optional<String> name = name(address);
        if (name.isEmpty()) {
            return Optional.of("this host has no USB device " + address.device() + " on bus " + address.bus());
        }
        return attribute(name.get(), "bDeviceClass")
                .filter(HUB::equals)
                .map(hub -> "USB device " + address + " is a hub, which no guest can have");
    }

    /** The name of the device with an address. */
    Optional<String> name(UsbAddress address) {
        return kernel.kernelEntries(DEVICES).stream()
                .filter(name -> name.indexOf(':') < 0)
                .filter(name -> address(name).equals(Optional.of(address)))
                .findFirst();
    }

    /** The address of a device; empty if it has been unplugged. */
    Optional<UsbAddress> address(String name) {
        return number(name, "busnum").flatMap(bus -> number(name, "devnum").map(device -> new UsbAddress(bus, device)));
    }

    /**
     * The identity of a device, which differs from that of another one that is plugged in at the same place: address,
     * vendor, product and serial number. Linux gives a device a number that was in use only after all 127 of the bus.
     */
    Optional<String> identity(String name) {
        return address(name).map(address -> Stream.of("idVendor", "idProduct", "serial")
                .map(attribute -> attribute(name, attribute).orElse(""))
                .collect(Collectors.joining(":", address + " ", "")));
    }

    private Optional<Integer> number(String name, String attribute) {
        return attribute(name, attribute)
                .filter(text -> text.matches("\\d{1,9}"))
                .map(Integer::parseInt);
    }

    private Optional<String> attribute(String name, String attribute) {
        return kernel.kernelAttribute(DEVICES + "/" + name + "/" + attribute);
    }

    /** The file by which a process controls the device. */
    static Path file(UsbAddress address) {
        return Path.of("/dev/bus/usb/%03d/%03d".formatted(address.bus(), address.device()));
    }

    /** The drivers of a device's interfaces. */
    SortedMap<String, String> drivers(String name) {
        SortedMap<String, String> drivers = new TreeMap<>();
        for (String entry : List.copyOf(kernel.kernelEntries(DEVICES))) {
            if (entry.startsWith(name + ":")) {
                driver(entry).ifPresent(driver -> drivers.put(entry, driver));
            }
        }
        return drivers;
    }

    private Optional<String> driver(String one) {
        return kernel.kernelLink(DEVICES + "/" + one + "/driver");
    }

    /** Whether a process has claimed an interface of the device, as QEMU does. */
    boolean isInUse(String name) {
        return drivers(name).containsValue(USBFS);
    }

    /** Returns interfaces without a driver to the drivers that they had. An interface that is gone stays without one. */
    void giveBack(Map<String, String> drivers) {
        drivers.forEach((one, driver) -> {
            boolean idle = attribute(one, "bInterfaceNumber").isPresent()
                    && driver(one).isEmpty();
            if (idle) {
                bind(one, driver);
            }
        });
    }

    /** A driver may refuse what it had before: the guest may have changed the device. */
    private void bind(String one, String driver) {
        try {
            kernel.setKernelAttribute(DRIVERS + driver + "/bind", one);
        } catch (XenLibException e) {
            LOG.warn("USB interface {}: driver {} does not take it back: {}", one, driver, e.errno());
        }
    }
}
