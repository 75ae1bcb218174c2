// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * The USB controllers of a guest for devices of the host, and these devices. The rules are those of libxl_usb.c.
 *
 * @param controllers in the order of their numbers
 * @param devices in the order in which they are attached
 */
public record UsbPlan(List<Controller> controllers, List<Device> devices) {
    public UsbPlan {
        controllers = List.copyOf(controllers);
        devices = List.copyOf(devices);
    }

    /**
     * A controller that QEMU emulates.
     *
     * @param devid its number
     * @param version 1 is UHCI, 2 EHCI, 3 xHCI
     * @param ports number of ports
     */
    public record Controller(int devid, int version, int ports) {
        private static final int DEFAULT_VERSION = 2;

        /** The controller that a device without one gets. */
        public static Controller automatic(int devid) {
            return new Controller(devid, DEFAULT_VERSION, ports(DEFAULT_VERSION, OptionalInt.empty()));
        }

        /** @throws ConfigException if QEMU has no such controller */
        public static Controller of(OtherDevice controller, int devid) {
            String backend = text(controller, "backend").orElse("0");
            if (!backend.equals("0") && !backend.equals("Domain-0")) {
                throw new ConfigException(
                        "usbctrl: backend " + backend + " is not supported: QEMU in domain 0 emulates the controllers");
            }
            switch (text(controller, "type").orElse("devicemodel")) {
                case "devicemodel", "auto" -> {
                    // The controllers of QEMU.
                }
                case "qusb" ->
                    throw new ConfigException("usbctrl: type=qusb needs the front end xen-hcd, which Debian's kernels"
                            + " lack; type=devicemodel works with every kernel");
                case "pv" ->
                    throw new ConfigException("usbctrl: type=pv needs the back end usbback, which Linux does not have;"
                            + " type=devicemodel works with every kernel");
                default ->
                    throw new ConfigException("usbctrl: type is auto, devicemodel, qusb or pv, not '"
                            + text(controller, "type").orElse("") + "'");
            }
            int version = number(controller, "version").orElse(DEFAULT_VERSION);
            if (version == 0) {
                version = DEFAULT_VERSION;
            }
            return new Controller(devid, version, ports(version, number(controller, "ports")));
        }

        private static int ports(int version, OptionalInt wanted) {
            int most =
                    switch (version) {
                        case 1 -> 2;
                        case 2 -> 6;
                        case 3 -> 15;
                        default -> throw new ConfigException("usbctrl: version is 1, 2 or 3, not " + version);
                    };
            int usual = version == 3 ? 8 : most;
            int ports = wanted.orElse(0) == 0 ? usual : wanted.getAsInt();
            if (ports > most || version < 3 && ports != most) {
                throw new ConfigException("usbctrl: QEMU's controller of version " + version + " has "
                        + (version == 3 ? "at most " : "") + most + " ports, not " + ports);
            }
            return ports;
        }
    }

    /**
     * A port of a controller.
     *
     * @param controller number of the controller
     * @param number number of the port, from 1
     */
    public record Port(int controller, int number) {}

    /**
     * A device of the host.
     *
     * @param address its address in the host
     * @param port its place in the guest
     */
    public record Device(UsbAddress address, Port port) {}

    /**
     * Plans all controllers and devices of a guest.
     *
     * @throws ConfigException if the guest or the host cannot have them
     */
    static UsbPlan of(DomainConfig config, HostInventory host) {
        List<Controller> controllers = new ArrayList<>();
        List<Device> devices = new ArrayList<>();
        for (OtherDevice device : config.usbDevices()) {
            requireHvm(config, device);
            if (device.kind() == OtherDevice.Kind.USB_CONTROLLER) {
                controllers.add(Controller.of(device, controllers.size()));
            }
        }
        Set<Port> taken = new HashSet<>();
        for (OtherDevice device : config.usbDevices()) {
            if (device.kind() == OtherDevice.Kind.USB_DEVICE) {
                UsbAddress address = address(device, host);
                if (devices.stream().anyMatch(other -> other.address().equals(address))) {
                    throw new ConfigException("usbdev: device " + address + " is named twice");
                }
                Port port = place(device, controllers, taken);
                if (port.controller() == next(controllers)) {
                    controllers.add(Controller.automatic(port.controller()));
                }
                taken.add(port);
                devices.add(new Device(address, port));
            }
        }
        return new UsbPlan(controllers, devices);
    }

    private static void requireHvm(DomainConfig config, OtherDevice device) {
        if (config.type() != DomainType.HVM) {
            throw new ConfigException(device.kind().key() + ": only the machine of an HVM guest has USB controllers;"
                    + " paravirtual USB needs xen-hcd in the guest, which Debian's kernels lack");
        }
    }

    /**
     * The address of a device that the host has.
     *
     * @throws ConfigException if the host does not have the device, or it is a hub
     */
    public static UsbAddress address(OtherDevice device, HostInventory host) {
        UsbAddress address = address(device);
        if (!text(device, "type").orElse("hostdev").equals("hostdev")) {
            throw new ConfigException(
                    "usbdev: type is hostdev, not '" + text(device, "type").orElse("") + "'");
        }
        host.usbRefusal(address).ifPresent(refusal -> {
            throw new ConfigException("usbdev: " + refusal);
        });
        return address;
    }

    /** The address that a device has in a configuration. */
    public static UsbAddress address(OtherDevice device) {
        return new UsbAddress(
                number(device, "hostbus").orElse(0), number(device, "hostaddr").orElse(0));
    }

    /** The number of one more controller. */
    public static int next(List<Controller> controllers) {
        return controllers.stream().mapToInt(Controller::devid).max().orElse(-1) + 1;
    }

    /**
     * Chooses the port of a device: the one that it names, or the first free one. Without a free port, it is the first port
     * of a controller that is to be added, with the number {@link #next}.
     *
     * @param taken the ports that have a device
     * @throws ConfigException if the port that the device names does not exist or is taken
     */
    public static Port place(OtherDevice device, List<Controller> controllers, Set<Port> taken) {
        OptionalInt controller = number(device, "controller");
        OptionalInt number = number(device, "port");
        if (number.orElse(0) > 0 && controller.isEmpty()) {
            throw new ConfigException("usbdev: port " + number.getAsInt() + " needs a controller");
        }
        List<Port> possible = controllers.stream()
                .filter(one -> controller.isEmpty() || controller.getAsInt() == one.devid())
                .flatMap(one -> IntStream.rangeClosed(1, one.ports()).mapToObj(port -> new Port(one.devid(), port)))
                .filter(port -> number.orElse(0) == 0 || number.getAsInt() == port.number())
                .toList();
        Optional<Port> free =
                possible.stream().filter(port -> !taken.contains(port)).findFirst();
        if (free.isPresent()) {
            return free.get();
        }
        if (controller.isPresent()) {
            throw new ConfigException("usbdev: controller " + controller.getAsInt()
                    + (possible.isEmpty()
                            ? number.orElse(0) == 0 ? " does not exist" : " has no port " + number.getAsInt()
                            : number.orElse(0) == 0
                                    ? " has no free port"
                                    : ", port " + number.getAsInt() + " has a device"));
        }
        return new Port(next(controllers), 1);
    }

    private static Optional<String> text(OtherDevice device, String name) {
        return Optional.ofNullable(device.parameters().get(name));
    }

    private static OptionalInt number(OtherDevice device, String name) {
        return text(device, name)
                .map(text -> OptionalInt.of(Integer.parseInt(text)))
                .orElse(OptionalInt.empty());
    }
}
