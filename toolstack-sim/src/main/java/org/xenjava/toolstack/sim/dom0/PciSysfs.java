// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.xenjava.toolstack.sim.machine.PciBus;
import org.xenjava.toolstack.sim.machine.PciCard;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The files below {@code /sys} by which Linux binds PCI devices to drivers, with xen-pciback among the drivers. The
 * machine's lock guards it.
 */
final class PciSysfs {
    private static final String DEVICES = "bus/pci/devices";
    private static final String DRIVERS = "bus/pci/drivers";
    private static final Pattern DEVICE = Pattern.compile(DEVICES + "/([^/]+)/(\\w+)");
    private static final Pattern DRIVER = Pattern.compile(DRIVERS + "/([^/]+)/(\\w+)");
    private static final String PCIBACK = "pciback";

    private final PciBus bus;
    private final SortedMap<PciAddress, String> drivers = new TreeMap<>();
    private final TreeSet<PciAddress> slots = new TreeSet<>();
    private final TreeSet<String> loaded = new TreeSet<>();

    PciSysfs(PciBus bus) {
        this.bus = bus;
        bus.cards().values().stream()
                .filter(card -> !card.driver().isEmpty())
                .forEach(card -> drivers.put(card.address(), card.driver()));
        loaded.addAll(drivers.values());
        if (bus.hasIommu()) {
            loaded.add(PCIBACK);
        }
    }

    Optional<String> read(String path) {
        Matcher device = DEVICE.matcher(path);
        if (device.matches()) {
            return card(device.group(1)).flatMap(card -> attribute(card, device.group(2)));
        }
        return path.equals(DRIVERS + "/" + PCIBACK + "/slots") && loaded.contains(PCIBACK)
                ? Optional.of(String.join(
                        "\n", slots.stream().map(PciAddress::toString).toList()))
                : Optional.empty();
    }

    private static Optional<String> attribute(PciCard card, String name) {
        return Optional.ofNullable(Map.of(
                        "resource", card.resources(),
                        "irq", Integer.toString(card.interrupt()),
                        "class", card.classCode(),
                        "vendor", "0x8086",
                        "device", "0x100e")
                .get(name));
    }

    Optional<String> link(String path) {
        Matcher device = DEVICE.matcher(path);
        return device.matches() && device.group(2).equals("driver")
                ? card(device.group(1)).map(card -> drivers.get(card.address()))
                : Optional.empty();
    }

    List<String> entries(String path) {
        if (path.equals(DEVICES)) {
            return bus.cards().keySet().stream().map(PciAddress::toString).toList();
        }
        if (path.equals(DRIVERS)) {
            return List.copyOf(loaded);
        }
        String driver = path.substring(path.lastIndexOf('/') + 1);
        return path.equals(DRIVERS + "/" + driver) && loaded.contains(driver)
                ? Stream.concat(
                                Stream.of("bind", "unbind"),
                                drivers.entrySet().stream()
                                        .filter(entry -> entry.getValue().equals(driver))
                                        .map(entry -> entry.getKey().toString()))
                        .toList()
                : List.of();
    }

    void write(String path, String text) {
        Matcher driver = DRIVER.matcher(path);
        if (!driver.matches() || !loaded.contains(driver.group(1))) {
            throw new XenRefusal(Errno.ENOENT);
        }
        PciCard card = card(text).orElseThrow(() -> new XenRefusal(Errno.ENODEV));
        String name = driver.group(1);
        switch (driver.group(2)) {
            case "bind" -> bind(name, card);
            case "unbind" -> unbind(name, card.address());
            default -> configurePciback(name, driver.group(2), card.address());
        }
    }

    private void bind(String driver, PciCard card) {
        boolean wants = driver.equals(PCIBACK) ? slots.contains(card.address()) : driver.equals(card.driver());
        if (!wants || drivers.containsKey(card.address())) {
            throw new XenRefusal(Errno.ENODEV);
        }
        drivers.put(card.address(), driver);
    }

    private void unbind(String driver, PciAddress address) {
        if (!drivers.remove(address, driver)) {
            throw new XenRefusal(Errno.ENODEV);
        }
    }

    private void configurePciback(String driver, String file, PciAddress address) {
        boolean known = driver.equals(PCIBACK)
                && List.of("new_slot", "remove_slot", "permissive").contains(file);
        if (!known) {
            throw new XenRefusal(Errno.ENOENT);
        }
        if (file.equals("new_slot")) {
            slots.add(address);
        } else if (file.equals("remove_slot") && !slots.remove(address)) {
            throw new XenRefusal(Errno.ENOENT);
        }
    }

    private Optional<PciCard> card(String name) {
        return PciAddress.parse(name).map(address -> bus.cards().get(address));
    }
}
