// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.device.DeviceJournal;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.QemuFinder;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.plan.UsbPlan;
import org.xenjava.toolstack.device.plan.UsbPlan.Controller;
import org.xenjava.toolstack.device.plan.UsbPlan.Port;
import org.xenjava.toolstack.device.view.AttachedUsbController;
import org.xenjava.toolstack.device.view.AttachedUsbDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * The USB devices of a host that guests use, on controllers that QEMU emulates. QEMU gets a device as an open file, takes it
 * from the host's drivers, and returns it to them when it ends in order. The class is safe to use from many threads that
 * work on different domains.
 */
public final class UsbHost {
    /** The name of the journal of changes. */
    public static final String JOURNAL = "usb";

    private static final Logger LOG = LoggerFactory.getLogger(UsbHost.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final UsbKernel kernel;
    private final UsbNodes nodes;
    private final UsbRecords records;
    private final DeviceJournal<String> journal;
    private final EjectWait wait;
    private final QemuFinder qemus;

    /**
     * @param host domain 0's kernel
     * @param processes signs the records of changes
     * @param wait waits for a guest
     * @param qemus finds the QEMU of a domain
     */
    public UsbHost(
            Xenctrl xenctrl,
            StoreClient store,
            HostDevices host,
            ProcessIdentity processes,
            EjectWait wait,
            QemuFinder qemus) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.wait = wait;
        this.qemus = qemus;
        kernel = new UsbKernel(host);
        nodes = new UsbNodes(store);
        records = new UsbRecords(store);
        journal = new DeviceJournal<>(
                new DeviceJournal.Names<>(JOURNAL, "USB device", UsbRecords::node, UsbRecords::device),
                store,
                processes);
    }

    // ---- domains ------------------------------------------------------------------------------------------

    /** {@return the controllers of a domain with their devices, by number} */
    public List<AttachedUsbController> of(int domid) {
        Map<Port, String> devices = nodes.devices(domid);
        return nodes.controllers(domid).stream()
                .map(controller -> new AttachedUsbController(
                        controller.devid(),
                        controller.version(),
                        controller.ports(),
                        devices.entrySet().stream()
                                .filter(entry -> entry.getKey().controller() == controller.devid())
                                .map(entry -> attached(domid, entry.getKey(), entry.getValue()))
                                .toList()))
                .toList();
    }

    /** {@return the controllers and devices of a domain as xl.cfg describes them, with controllers numbered from 0} */
    public List<OtherDevice> described(int domid) {
        List<AttachedUsbController> controllers = of(domid);
        List<OtherDevice> described = new ArrayList<>();
        for (AttachedUsbController controller : controllers) {
            described.add(new OtherDevice(
                    OtherDevice.Kind.USB_CONTROLLER,
                    Map.of("version", "" + controller.version(), "ports", "" + controller.ports())));
        }
        for (int i = 0; i < controllers.size(); i++) {
            for (AttachedUsbDevice device : controllers.get(i).devices()) {
                String controller = "" + i;
                device.address()
                        .ifPresent(address -> described.add(new OtherDevice(
                                OtherDevice.Kind.USB_DEVICE,
                                Map.of(
                                        "hostbus",
                                        "" + address.bus(),
                                        "hostaddr",
                                        "" + address.device(),
                                        "controller",
                                        controller,
                                        "port",
                                        "" + device.port()))));
            }
        }
        return List.copyOf(described);
    }

    private AttachedUsbDevice attached(int domid, Port port, String name) {
        return new AttachedUsbDevice(
                port.controller(),
                port.number(),
                name,
                kernel.address(name).filter(address -> !isReplaced(domid, name)));
    }

    /** Whether the device that a domain has was unplugged, also if another one is in its place now. */
    private boolean isReplaced(int domid, String name) {
        return records.holder(name).equals(OptionalInt.of(domid))
                && !records.identity(name)
                        .map(identity -> kernel.identity(name).equals(Optional.of(identity)))
                        .orElse(true);
    }

    /**
     * {@return the configuration without devices that were unplugged} A warning names each of them.
     *
     * @param domid number of the domain that has the devices, or has had them
     */
    public DomainConfig withoutUnplugged(int domid, DomainConfig config) {
        List<OtherDevice> kept = config.usbDevices().stream()
                .filter(device -> device.kind() != OtherDevice.Kind.USB_DEVICE || isThere(domid, device, config.name()))
                .toList();
        return kept.size() == config.usbDevices().size() ? config : config.withUsbDevices(kept);
    }

    private boolean isThere(int domid, OtherDevice device, String guest) {
        UsbAddress address = UsbPlan.address(device);
        boolean there = kernel.name(address)
                .filter(name -> !records.address(name).equals(Optional.of(address)) || !isReplaced(domid, name))
                .isPresent();
        if (!there) {
            LOG.warn(
                    "guest {} is built without USB device {}, which was unplugged; attach it again once it is there",
                    guest,
                    address);
        }
        return there;
    }

    /** {@return the number of one more controller of a domain} */
    public int nextController(int domid) {
        return UsbPlan.next(nodes.controllers(domid));
    }

    /** {@return the port that a device gets; without a free one, a controller is added} */
    public Port place(int domid, OtherDevice device, QemuProcess qemu) {
        List<Controller> controllers = nodes.controllers(domid);
        Port port = UsbPlan.place(device, controllers, nodes.devices(domid).keySet());
        if (port.controller() == UsbPlan.next(controllers)) {
            add(domid, Controller.automatic(port.controller()), qemu);
        }
        return port;
    }

    /** Attaches the controllers and devices of a plan to an HVM domain that has not run. */
    public void attach(int domid, UsbPlan plan, QemuProcess qemu) {
        plan.controllers().forEach(controller -> add(domid, controller, qemu));
        plan.devices().forEach(device -> attach(domid, device, qemu, () -> {}));
    }

    /**
     * Adds a controller. After a failure, the domain does not have it.
     *
     * @throws DeviceException if the domain has a controller with that number
     */
    public void add(int domid, Controller controller, QemuProcess qemu) {
        nodes.create(domid, controller);
        Undo.onFailure(
                () -> {
                    qemu.usb().add(controller);
                    return controller;
                },
                () -> nodes.remove(domid, controller.devid()));
    }

    /**
     * Removes a controller, and first its devices.
     *
     * @param qemu the domain's QEMU, if it runs
     * @throws DeviceException if there is no such controller, or the guest does not release it
     */
    public void removeController(int domid, int devid, Optional<QemuProcess> qemu) {
        if (nodes.controllers(domid).stream().noneMatch(controller -> controller.devid() == devid)) {
            throw new DeviceException("domain " + domid + " has no USB controller " + devid);
        }
        nodes.devices(domid).keySet().stream()
                .filter(port -> port.controller() == devid)
                .forEach(port -> detach(domid, port, qemu, () -> {}));
        qemu.filter(process -> process.usb().hasController(devid)).ifPresent(process -> {
            process.usb().requestRemoval(devid);
            if (!wait.until(() -> !process.usb().hasController(devid))) {
                throw new DeviceException("detaching USB controller " + devid + " of domain " + domid
                        + ": the guest has not released it within "
                        + wait.limit().toSeconds() + " s");
            }
        });
        nodes.remove(domid, devid);
    }

    /**
     * Attaches a device. After a failure, the host's drivers have it.
     *
     * @param whenAttached the last part of the change
     * @throws DeviceException if a domain has the device, or the host does not have it
     */
    public AttachedUsbDevice attach(int domid, UsbPlan.Device device, QemuProcess qemu, Runnable whenAttached) {
        UsbAddress address = device.address();
        String name = kernel.name(address).orElseThrow(() -> unplugged(address));
        return journal.change(
                name,
                transaction -> requireUnclaimed(transaction, name),
                () -> {
                    claim(domid, device, name);
                    qemu.usb().add(address, device.port(), UsbKernel.file(address));
                    whenAttached.run();
                    return attached(domid, device.port(), name);
                },
                () -> release(domid, name, Optional.of(qemu)));
    }

    private static DeviceException unplugged(UsbAddress address) {
        return new DeviceException("attaching USB device " + address + ": it was unplugged");
    }

    private static void requireUnclaimed(StoreTransaction transaction, String name) {
        // xl's usbdev-detach leaves the record of a domain that exists.
        Optional<Integer> orphaned = UsbRecords.holder(transaction, name).stream()
                .boxed()
                .filter(domid -> !UsbNodes.exists(transaction, domid))
                .findFirst();
        UsbNodes.holder(transaction, name).or(() -> orphaned).ifPresent(domid -> {
            throw new DeviceException("attaching USB device " + name + ": domain " + domid
                    + " has it, or the one that was there before; detach it first, or run 'gc' if that domain is gone");
        });
    }

    private void claim(int domid, UsbPlan.Device device, String name) {
        if (kernel.isInUse(name)) {
            throw new DeviceException("attaching USB device " + name + ": a process of this host has it open");
        }
        Map<String, String> drivers = kernel.drivers(name);
        String identity = kernel.identity(name)
                .filter(seen -> kernel.address(name).equals(Optional.of(device.address())))
                .orElseThrow(() -> unplugged(device.address()));
        store.inTransaction(transaction -> {
            UsbNodes.requireDomain(transaction, domid);
            requireUnclaimed(transaction, name);
            UsbNodes.plug(transaction, domid, device.port(), name);
            UsbRecords.write(transaction, name, domid, device.address(), identity, drivers);
            journal.name(transaction, name, domid);
            return name;
        });
    }

    /**
     * Detaches a device: the host's drivers get it. The guest is not asked.
     *
     * @param qemu the domain's QEMU, if it runs
     * @param whenDetached the last part of the change
     * @throws DeviceException if no device is on the port
     */
    public void detach(int domid, Port port, Optional<QemuProcess> qemu, Runnable whenDetached) {
        String name = Optional.ofNullable(nodes.devices(domid).get(port))
                .orElseThrow(() -> new DeviceException("domain " + domid + " has no USB device on port " + port.number()
                        + " of controller " + port.controller()));
        journal.change(
                name,
                transaction -> {
                    if (!name.equals(UsbNodes.devices(transaction, domid).get(port))) {
                        throw new DeviceException(
                                "domain " + domid + ": another process has detached USB device " + name);
                    }
                },
                () -> {
                    journal.name(name, domid);
                    release(domid, name, qemu);
                    whenDetached.run();
                },
                () -> {
                    // The guest still has a device that was not released.
                });
    }

    /** Takes a device from a domain that has all or a part of it. Another device in its place is left alone. */
    private void release(int domid, String name, Optional<QemuProcess> qemu) {
        boolean listed = nodes.devices(domid).containsValue(name);
        boolean recorded = records.holder(name).equals(OptionalInt.of(domid));
        if (!listed && !recorded) {
            return;
        }
        Optional<UsbAddress> address =
                recorded ? records.address(name).or(() -> kernel.address(name)) : kernel.address(name);
        qemu.ifPresent(process -> address.ifPresent(process.usb()::remove));
        if (!isReplaced(domid, name)) {
            giveBack(domid, name, listed, recorded);
        }
        store.inTransaction(transaction -> {
            UsbNodes.unplug(transaction, domid, name);
            if (UsbRecords.holder(transaction, name).equals(OptionalInt.of(domid))) {
                UsbRecords.remove(transaction, name);
            }
            return name;
        });
    }

    /** A device that is in use and not in the domain's nodes was detached by xl, and given to another guest. */
    private void giveBack(int domid, String name, boolean listed, boolean recorded) {
        boolean inUse = kernel.isInUse(name);
        if (inUse && listed) {
            throw new DeviceException("USB device " + name + " of domain " + domid
                    + ": a process still has it open; destroy the domain and end its QEMU");
        }
        if (!inUse && recorded) {
            kernel.giveBack(records.drivers(name));
        }
    }

    /** Takes all devices from a domain that is removed. Does nothing if it has none. */
    public void withdrawAll(int domid) {
        Optional<QemuProcess> qemu = qemus.find(domid);
        List<Runnable> work = new ArrayList<>();
        records.heldBy(domid)
                .forEach(name -> work.add(() -> journal.alone(name, wait, () -> release(domid, name, qemu))));
        Undo.all(work);
        nodes.removeAll(domid);
    }

    // ---- what was left ------------------------------------------------------------------------------------

    /** {@return devices that a process has begun to move and left} */
    public List<String> unfinished() {
        return journal.unfinished();
    }

    /** {@return devices whose domain is gone} */
    public List<String> orphans() {
        return records.all().stream().filter(this::isOrphan).toList();
    }

    /** {@return the domain that has the device, or that an unfinished change of the device is about} */
    public OptionalInt holder(String name) {
        OptionalInt holder = records.holder(name);
        return holder.isPresent() ? holder : journal.domain(name);
    }

    private boolean isOrphan(String name) {
        OptionalInt holder = records.holder(name);
        return holder.isPresent()
                && xenctrl.domains()
                        .info(holder.getAsInt())
                        .filter(info -> !info.dying())
                        .isEmpty();
    }

    /**
     * Completes an unfinished change: takes the device from the domain that the change is about, or whose domain is gone.
     * Does nothing if no change of the device is unfinished and its domain exists.
     */
    public void recover(String name) {
        if (journal.isUnfinished(name) || isOrphan(name)) {
            journal.finish(name, () -> {
                OptionalInt holder = records.holder(name);
                if (holder.isPresent() && (holder.equals(journal.domain(name)) || isOrphan(name))) {
                    release(holder.getAsInt(), name, qemus.find(holder.getAsInt()));
                }
            });
        }
    }
}
