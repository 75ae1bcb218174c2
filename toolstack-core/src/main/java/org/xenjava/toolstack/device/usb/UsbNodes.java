// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.plan.UsbPlan.Controller;
import org.xenjava.toolstack.device.plan.UsbPlan.Port;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * The toolstack's nodes of the USB controllers that QEMU emulates, as libxl_usb.c writes them: {@code
 * /libxl/N/device/vusb/DEVID}, with the name of a device of the host in the node of each port that has one.
 */
final class UsbNodes {
    private static final String EMULATED = "devicemodel";

    private final StoreClient store;

    UsbNodes(StoreClient store) {
        this.store = store;
    }

    static String directory(int domid) {
        return new DomainPaths(domid).libxl() + "/device/" + PvDevice.USB;
    }

    private static String path(int domid, int devid) {
        return directory(domid) + "/" + devid;
    }

    private static String path(int domid, Port port) {
        return path(domid, port.controller()) + "/port/" + port.number();
    }

    /** The emulated controllers of a domain, by number. */
    List<Controller> controllers(int domid) {
        return controllers(store.direct(), domid);
    }

    private static List<Controller> controllers(StoreTransaction transaction, int domid) {
        List<Controller> controllers = new ArrayList<>();
        for (String id : transaction.list(directory(domid))) {
            String path = directory(domid) + "/" + id;
            if (id.matches("\\d{1,4}") && transaction.read(path + "/type").equals(Optional.of(EMULATED))) {
                controllers.add(new Controller(
                        Integer.parseInt(id), number(transaction, path + "/usb-ver"), ports(transaction, path)));
            }
        }
        controllers.sort(Comparator.comparing(Controller::devid));
        return controllers;
    }

    private static int ports(StoreTransaction transaction, String path) {
        return Math.min(number(transaction, path + "/num-ports"), 31);
    }

    private static int number(StoreTransaction transaction, String path) {
        return transaction
                .read(path)
                .filter(text -> text.matches("\\d{1,4}"))
                .map(Integer::parseInt)
                .orElse(0);
    }

    /** The ports of a domain that have a device, with the names of the devices. */
    Map<Port, String> devices(int domid) {
        return devices(store.direct(), domid);
    }

    static Map<Port, String> devices(StoreTransaction transaction, int domid) {
        Map<Port, String> devices =
                new TreeMap<>(Comparator.comparing(Port::controller).thenComparing(Port::number));
        for (Controller controller : controllers(transaction, domid)) {
            for (int number = 1; number <= controller.ports(); number++) {
                Port port = new Port(controller.devid(), number);
                transaction
                        .read(path(domid, port))
                        .filter(name -> !name.isEmpty())
                        .ifPresent(name -> devices.put(port, name));
            }
        }
        return devices;
    }

    /** @throws DeviceException if the domain has a controller with that number */
    void create(int domid, Controller controller) {
        String path = path(domid, controller.devid());
        store.inTransaction(transaction -> {
            requireDomain(transaction, domid);
            if (transaction.exists(path)) {
                throw new DeviceException("attaching a USB controller: domain " + domid + " has controller "
                        + controller.devid() + " already");
            }
            transaction.write(path + "/type", EMULATED);
            transaction.write(path + "/usb-ver", Integer.toString(controller.version()));
            transaction.write(path + "/num-ports", Integer.toString(controller.ports()));
            transaction.write(path + "/port", "");
            for (int port = 1; port <= controller.ports(); port++) {
                transaction.write(path + "/port/" + port, "");
            }
            return controller;
        });
    }

    static boolean exists(StoreTransaction transaction, int domid) {
        return transaction.exists(new DomainPaths(domid).libxlType());
    }

    static void requireDomain(StoreTransaction transaction, int domid) {
        if (!exists(transaction, domid)) {
            throw new DomainGoneException("attaching a USB device: domain " + domid + " is gone");
        }
    }

    /** @throws DeviceException if a device is on the controller */
    void remove(int domid, int devid) {
        store.inTransaction(transaction -> {
            if (devices(transaction, domid).keySet().stream().anyMatch(port -> port.controller() == devid)) {
                throw new DeviceException(
                        "domain " + domid + ": USB controller " + devid + " has another device; try again");
            }
            transaction.removeAllWithEmptyParents(List.of(path(domid, devid)));
            return devid;
        });
    }

    /** Removes all nodes of a domain that is removed. */
    void removeAll(int domid) {
        store.direct().remove(directory(domid));
    }

    /** Puts a device on a free port, in the caller's transaction. */
    static void plug(StoreTransaction transaction, int domid, Port port, String name) {
        if (!transaction.read(path(domid, port)).equals(Optional.of(""))) {
            throw new DeviceException("attaching USB device " + name + ": domain " + domid + " has no free port "
                    + port.number() + " on controller " + port.controller() + " any more");
        }
        transaction.write(path(domid, port), name);
    }

    /** Takes a device from all ports of a domain that have it, in the caller's transaction. */
    static void unplug(StoreTransaction transaction, int domid, String name) {
        devices(transaction, domid).forEach((port, device) -> {
            if (device.equals(name)) {
                transaction.write(path(domid, port), "");
            }
        });
    }

    /** The domain of any toolstack whose nodes have the device. */
    static Optional<Integer> holder(StoreTransaction transaction, String name) {
        return transaction.list(DomainPaths.LIBXL).stream()
                .map(DomainPaths::named)
                .flatMap(Optional::stream)
                .map(DomainPaths::domid)
                .filter(domid -> devices(transaction, domid).containsValue(name))
                .findFirst();
    }
}
