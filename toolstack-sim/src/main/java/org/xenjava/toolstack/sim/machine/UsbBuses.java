// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The USB devices of a host, the drivers that dom0 has bound to them, and the guests whose QEMU has them. The machine's lock
 * guards the buses.
 */
public final class UsbBuses {
    private final SortedMap<String, UsbGadget> gadgets = new TreeMap<>();
    private final SortedMap<String, String> drivers = new TreeMap<>();
    private final Map<Integer, SortedMap<String, Optional<UsbGadget>>> emulated = new HashMap<>();

    /** @param gadgets all devices */
    public UsbBuses(List<UsbGadget> gadgets) {
        gadgets.forEach(this::plug);
    }

    /** Somebody plugs a device in, which its driver gets. */
    public void plug(UsbGadget gadget) {
        gadgets.put(gadget.name(), gadget);
        bind(gadget);
    }

    /** Somebody pulls a device out. A QEMU that has it keeps a device that does nothing. */
    public void unplug(String name) {
        Optional.ofNullable(gadgets.remove(name)).ifPresent(gadget -> drivers.remove(gadget.interfaceName()));
    }

    private boolean isPlugged(UsbGadget gadget) {
        return gadgets.containsValue(gadget);
    }

    /** All devices, by name. */
    public SortedMap<String, UsbGadget> gadgets() {
        return gadgets;
    }

    /** The drivers of interfaces, by the interfaces' names. */
    public SortedMap<String, String> drivers() {
        return drivers;
    }

    /** The controllers, with empty values, and the devices in the machine of a domain, by QEMU's names. */
    public SortedMap<String, Optional<UsbGadget>> inGuest(int domid) {
        return emulated.computeIfAbsent(domid, id -> new TreeMap<>());
    }

    /** Whether the QEMU of a guest has the device. */
    public boolean isInUse(UsbGadget gadget) {
        return emulated.values().stream().anyMatch(machine -> machine.containsValue(Optional.of(gadget)));
    }

    /** QEMU takes a device from its driver. */
    public void take(int domid, String id, UsbGadget gadget) {
        drivers.put(gadget.interfaceName(), "usbfs");
        inGuest(domid).put(id, Optional.of(gadget));
    }

    /** QEMU loses a controller or a device, which its driver gets. */
    public void drop(int domid, String id) {
        inGuest(domid).remove(id).filter(this::isPlugged).ifPresent(gadget -> {
            drivers.remove(gadget.interfaceName());
            bind(gadget);
        });
    }

    /** QEMU returns the devices to their drivers before it ends. */
    public void qemuEnds(int domid) {
        List.copyOf(inGuest(domid).keySet()).forEach(id -> drop(domid, id));
        emulated.remove(domid);
    }

    /** A QEMU that is killed leaves its devices without drivers. */
    public void qemuIsKilled(int domid) {
        inGuest(domid).values().stream()
                .flatMap(Optional::stream)
                .filter(this::isPlugged)
                .forEach(gadget -> drivers.remove(gadget.interfaceName()));
        emulated.remove(domid);
    }

    private void bind(UsbGadget gadget) {
        if (!gadget.driver().isEmpty()) {
            drivers.put(gadget.interfaceName(), gadget.driver());
        }
    }
}
