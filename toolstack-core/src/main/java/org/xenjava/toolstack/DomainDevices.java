// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.context.DeviceChanges;
import org.xenjava.toolstack.context.TrafficReader;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.plan.DiskBackend;
import org.xenjava.toolstack.device.plan.DiskPlan;
import org.xenjava.toolstack.device.plan.Keyboards;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.UsbPlan;
import org.xenjava.toolstack.device.plan.UsbPlan.Controller;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.device.view.AttachedChannel;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedKeyboard;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.AttachedUsbController;
import org.xenjava.toolstack.device.view.AttachedUsbDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.DomainTraffic;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.xenctrl.units.PciAddress;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * The disks, network cards and other devices of one domain, from {@link Domain#devices}. The guest's drivers
 * detect a new device by themselves and are asked to release a device that goes. Other toolstacks see the same
 * devices, and this class lists theirs. A change of the devices also changes {@link Domain#config}, so it outlives a
 * reboot.
 */
public final class DomainDevices {
    private final DomainHandle domain;

    DomainDevices(DomainHandle domain) {
        this.domain = domain;
    }

    /** {@return the traffic of the disks and network cards since they were attached} */
    public DomainTraffic traffic() {
        return domain.attempting("reading the traffic of", () -> new TrafficReader(domain.context(), domain.domid())
                .read(disks(), nics()));
    }

    /**
     * Attaches a disk ({@code xl block-attach}) and returns when dom0's back end waits for the guest.
     *
     * @param disk the disk
     * @return the disk with its states in xenstore
     * @throws ConfigException if this host or this domain cannot have the disk
     * @throws DeviceException if the domain has a disk of that name, or the back end refuses it; nothing of the disk
     *     is left
     */
    public AttachedDisk attach(DiskConfig disk) {
        return domain.exclusively("attaching disk " + disk.vdev() + " to", () -> {
            DomainType type = type();
            DiskPlan plan = domain.context().devices().plan(disk, type);
            if (plan.backend() == DiskBackend.QEMU) {
                requireQemuThatServes(disk);
            }
            if (hasDisk(disk.number())) {
                throw new DeviceException("attaching disk " + disk.vdev() + " to " + domain
                        + ": the domain has a disk of that name already; detach that disk first");
            }
            Undo.onFailure(
                    () -> {
                        change(config -> DeviceChanges.withoutDisk(config, disk.number(), Stream.of(disk)));
                        changeStored(config -> hasDisk(disk.number()) ? config : config.withDisk(disk));
                        domain.context().devices().attach(domain.domid(), plan);
                        return disk;
                    },
                    () -> {
                        change(config -> DeviceChanges.withoutDisk(config, disk.number(), Stream.of()));
                        forget(disk.vdev());
                    });
            return disks().stream()
                    .filter(attached -> attached.number() == disk.number())
                    .findFirst()
                    .orElseThrow(() -> domain.gone("attaching a device to"));
        });
    }

    private void requireQemuThatServes(DiskConfig disk) {
        Optional<QemuProcess> qemu = domain.context().deviceModels().process(domain.domid());
        if (qemu.isEmpty()) {
            throw new ConfigException("disk " + disk.vdev() + ": only QEMU can serve it, and " + domain
                    + " has none; give it a raw image or a block device");
        }
        if (qemu.get().isConfined()) {
            throw new ConfigException("disk " + disk.vdev() + ": only QEMU can serve it, and that of " + domain
                    + " is confined and opens no files; give it a raw image or a block device, or the guest"
                    + " dm_restrict=0");
        }
    }

    /**
     * Attaches a network card ({@code xl network-attach}), with an address of Xen's range if the configuration has
     * none.
     *
     * @param nic the card
     * @return the card with its states in xenstore, after it has joined its bridge
     * @throws ConfigException if this host or this domain cannot have the card
     * @throws DeviceException if the domain has a card with that address, or the back end refuses it; nothing of the
     *     card is left
     */
    public AttachedNic attach(NicConfig nic) {
        return domain.exclusively("attaching a network card to", () -> {
            DomainType type = type();
            NicConfig addressed = nic.mac().isPresent()
                    ? nic
                    : nic.withMac(MacAddress.random(domain.context().random()));
            MacAddress mac = addressed.mac().orElseThrow();
            if (nics().stream().anyMatch(attached -> attached.mac().equals(mac.text()))) {
                throw new DeviceException(
                        "attaching a network card to " + domain + ": it has one with the address " + mac + " already");
            }
            // Only a build gives an HVM guest emulated cards, so the next build must not emulate this one.
            NicConfig kept = type == DomainType.HVM ? addressed.withType(NicConfig.Type.VIF) : addressed;
            int devid =
                    addressed.devid().orElseGet(() -> domain.context().devices().nextNic(domain.domid()));
            if (hasNic(devid)) {
                throw new DeviceException(
                        "attaching a network card to " + domain + ": it has one with the devid " + devid + " already");
            }
            Undo.onFailure(
                    () -> {
                        change(config -> DeviceChanges.withNic(config, devid, kept));
                        changeStored(config -> hasNic(devid) ? config : config.withNic(devid, kept, type));
                        domain.context().devices().attach(domain.domid(), devid, addressed);
                        return devid;
                    },
                    () -> {
                        change(config -> DeviceChanges.withoutNic(config, mac));
                        forgetNic(devid);
                    });
            return nics().stream()
                    .filter(attached -> attached.devid() == devid)
                    .findFirst()
                    .orElseThrow(() -> domain.gone("attaching a device to"));
        });
    }

    /**
     * Detaches a disk ({@code xl block-detach}). Does nothing if the domain has no such disk.
     *
     * @param disk the guest's name of the disk
     * @param mode the treatment of a guest that does not release the disk
     * @throws DeviceException if the guest does not release the disk and the mode lets it
     */
    public void detach(VirtualDisk disk, DetachMode mode) {
        domain.exclusively("detaching disk " + disk + " of", () -> {
            domain.changeable("detaching a device of");
            Optional<DomainConfig> before = stored();
            change(config -> DeviceChanges.withoutDisk(config, disk.number(), Stream.of()));
            Undo.onFailure(
                    () -> {
                        domain.context().devices().detachDisk(domain.domid(), disk.number(), mode);
                        forget(disk);
                        return disk;
                    },
                    () -> before.filter(config -> hasDisk(disk.number())).ifPresent(this::restore));
            return disk;
        });
    }

    /**
     * Detaches a network card ({@code xl network-detach}). Does nothing if the domain has no card with that number.
     *
     * @param devid number of the card, from 0
     * @param mode the treatment of a guest that does not release the card
     * @throws DeviceException if the guest does not release the card and the mode lets it
     */
    public void detachNic(int devid, DetachMode mode) {
        domain.exclusively("detaching network card " + devid + " of", () -> {
            domain.changeable("detaching a device of");
            Optional<DomainConfig> before = stored();
            nics().stream()
                    .filter(nic -> nic.devid() == devid && !nic.mac().isEmpty())
                    .map(nic -> new MacAddress(nic.mac()))
                    .forEach(mac -> change(config -> DeviceChanges.withoutNic(config, mac)));
            Undo.onFailure(
                    () -> {
                        domain.context().devices().detachNic(domain.domid(), devid, mode);
                        forgetNic(devid);
                        return devid;
                    },
                    () -> before.filter(config -> hasNic(devid)).ifPresent(this::restore));
            return devid;
        });
    }

    /** {@return the domain's disks by number; none if the domain is gone} */
    public List<AttachedDisk> disks() {
        return domain.attempting(
                "listing the disks of", () -> domain.context().devices().disks(domain.domid()));
    }

    /** {@return the domain's network cards by number; none if the domain is gone} */
    public List<AttachedNic> nics() {
        return domain.attempting(
                "listing the network cards of", () -> domain.context().devices().nics(domain.domid()));
    }

    /** {@return the domain's channels by number; none if the domain is gone} */
    public List<AttachedChannel> channels() {
        return domain.attempting(
                "listing the channels of", () -> domain.context().devices().channels(domain.domid()));
    }

    /** {@return the domain's paravirtual keyboards by number ({@code xl vkb-list}); none if the domain is gone} */
    public List<AttachedKeyboard> keyboards() {
        return domain.attempting(
                "listing the keyboards of", () -> domain.context().devices().keyboards(domain.domid()));
    }

    /**
     * Attaches a paravirtual keyboard and mouse ({@code xl vkb-attach}) to a domain whose QEMU is not confined.
     *
     * @param keyboard a device of the kind {@link OtherDevice.Kind#KEYBOARD}
     * @return the keyboard with its states in xenstore, once QEMU waits for the guest
     * @throws ConfigException if QEMU cannot serve the keyboard
     * @throws DomainStateException if no QEMU can serve the domain
     * @throws DeviceException if QEMU does not serve it; nothing of the keyboard is left
     */
    public AttachedKeyboard attachKeyboard(OtherDevice keyboard) {
        require(keyboard, OtherDevice.Kind.KEYBOARD);
        return domain.exclusively("attaching a keyboard to", () -> {
            domain.changeable("attaching a device to");
            if (new DomainDeviceModel(domain).required("can have no keyboard").isConfined()) {
                throw new DomainStateException("the QEMU of " + domain + " is confined and serves no paravirtual"
                        + " keyboard; build the guest with vkb_device=1, or with dm_restrict=0");
            }
            AttachedKeyboard attached = domain.context().devices().attachKeyboard(domain.domid(), keyboard);
            rememberKeyboards();
            return attached;
        });
    }

    /**
     * Detaches a paravirtual keyboard ({@code xl vkb-detach}). That of a screen comes back with the next build.
     *
     * @param devid number of the keyboard
     * @param mode the treatment of a guest that does not release the keyboard
     * @throws DeviceException if there is no such keyboard, or the guest does not release it and the mode lets it
     */
    public void detachKeyboard(int devid, DetachMode mode) {
        domain.exclusively("detaching a keyboard from", () -> {
            domain.changeable("detaching a device of");
            domain.context().devices().detachKeyboard(domain.domid(), devid, mode);
            rememberKeyboards();
        });
    }

    private void rememberKeyboards() {
        List<OtherDevice> present = domain.context().devices().describedKeyboards(domain.domid());
        change(config -> Keyboards.with(config, present));
        changeStored(config -> config.withKeyboards(present));
    }

    /**
     * {@return the PCI devices of the host that the domain uses directly, in the order in which they were attached ({@code
     * xl pci-list})}
     */
    public List<AttachedPciDevice> pciDevices() {
        return domain.attempting(
                "listing the PCI devices of", () -> domain.context().pci().of(domain.domid()));
    }

    /**
     * {@return the PCI devices that were detached by force and that the guest has not ejected} No other domain gets them
     * before the domain ends, or the guest ejects them when {@link #detachPci} asks it again.
     */
    public List<PciAddress> pciDevicesNotEjected() {
        return domain.attempting(
                "listing the PCI devices of", () -> domain.context().pci().notEjected(domain.domid()));
    }

    /**
     * Attaches a PCI device of the host ({@code xl pci-attach}) to an HVM or PV domain that was built with one, or with
     * {@code passthrough = "enabled"}. After a failure, the domain has nothing of it,
     * unless the guest does not eject the device: then it stays the domain's, without DMA, until the domain ends.
     *
     * @param device a device of the kind {@link OtherDevice.Kind#PCI}
     * @return the device with its place in the guest
     * @throws ConfigException if this host or this domain cannot have the device
     * @throws DeviceException if the device is not assignable, or Xen refuses it
     */
    public AttachedPciDevice attachPci(OtherDevice device) {
        if (device.kind() != OtherDevice.Kind.PCI) {
            throw new ConfigException("'" + device.kind().key() + "' is no PCI device");
        }
        return domain.exclusively("attaching a PCI device to", () -> {
            PciPlan asked = domain.context().devices().plan(device);
            PciPlan plan = stored().map(asked::attachedTo).orElse(asked);
            Optional<QemuProcess> qemu =
                    type() == DomainType.PV ? Optional.empty() : Optional.of(qemuThatReachesDevices());
            if (hasPci(plan.address())) {
                throw new DeviceException(
                        "attaching PCI device " + plan.address() + " to " + domain + ": the domain has it already");
            }
            return Undo.onFailure(
                    () -> domain.context()
                            .pci()
                            .attach(domain.domid(), plan, qemu, () -> changePci(plan.address(), Optional.of(device))),
                    () -> forgetPciIfGone(plan.address()));
        });
    }

    private QemuProcess qemuThatReachesDevices() {
        QemuProcess qemu = qemuOfHvm("can have no PCI device", "Xen passes PCI devices through to HVM and PV guests");
        if (qemu.isConfined()) {
            throw new DomainStateException("the QEMU of " + domain
                    + " is confined and cannot map a device's registers; build the guest with passthrough ="
                    + " \"enabled\", or with a device in 'pci'");
        }
        return qemu;
    }

    /**
     * Detaches a PCI device ({@code xl pci-detach}). The device is assignable again once the guest has ejected it. After a
     * detach by force from an HVM guest that does not, a second detach asks the guest again; no other guest gets a device
     * that a PV guest has not released before the domain ends.
     *
     * @param address address of the device in the host
     * @param mode the treatment of a guest that does not release the device
     * @throws DeviceException if the domain does not have the device, or the guest does not release it and the mode lets
     *     it
     */
    public void detachPci(PciAddress address, DetachMode mode) {
        domain.exclusively("detaching a PCI device from", () -> {
            domain.changeable("detaching a device of");
            if (!hasPci(address)) {
                throw new DeviceException(domain + " does not have PCI device " + address);
            }
            domain.context()
                    .pci()
                    .detach(
                            domain.domid(),
                            address,
                            mode,
                            domain.context().deviceModels().process(domain.domid()),
                            () -> changePci(address, Optional.empty()));
        });
    }

    /** Takes a device that the domain has lost out of the configuration of the next build. */
    void forgetPciIfGone(PciAddress address) {
        if (!isListed(address)) {
            changePci(address, Optional.empty());
        }
    }

    private boolean isListed(PciAddress address) {
        return pciDevices().stream().anyMatch(attached -> attached.address().equals(address));
    }

    /** Whether the domain has the device, or the guest has not ejected it since it was detached by force. */
    private boolean hasPci(PciAddress address) {
        return isListed(address) || domain.context().pci().holder(address).equals(OptionalInt.of(domain.domid()));
    }

    /** Changes the configuration of the next build, and the one that libxl has stored. */
    private void changePci(PciAddress address, Optional<OtherDevice> device) {
        change(config -> DeviceChanges.withPci(config, address, device));
        changeStored(config -> config.withPciDevice(address.toString(), device));
    }

    private QemuProcess qemuOfHvm(String without, String reason) {
        domain.changeable("attaching a device to");
        boolean hvm = domain.store()
                .read(domain.paths().libxlType())
                .flatMap(DomainType::ofWord)
                .filter(type -> type == DomainType.HVM)
                .isPresent();
        if (!hvm) {
            throw new ConfigException(domain + " is not an HVM guest: " + reason + " only");
        }
        return new DomainDeviceModel(domain).required(without);
    }

    /** {@return the USB controllers for devices of the host, with these devices ({@code xl usb-list})} */
    public List<AttachedUsbController> usbControllers() {
        return domain.attempting(
                "listing the USB devices of", () -> domain.context().usb().of(domain.domid()));
    }

    /**
     * Adds a USB controller for devices of the host to an HVM domain ({@code xl usbctrl-attach}).
     *
     * @param controller a device of the kind {@link OtherDevice.Kind#USB_CONTROLLER}
     * @return the controller
     * @throws ConfigException if QEMU has no such controller, or the domain is no HVM guest
     */
    public AttachedUsbController attachUsbController(OtherDevice controller) {
        require(controller, OtherDevice.Kind.USB_CONTROLLER);
        return domain.exclusively("attaching a USB controller to", () -> {
            QemuProcess qemu =
                    qemuOfHvm("can have no USB controller", "the machine of an HVM guest has USB controllers");
            UsbHost usb = domain.context().usb();
            Controller added = Controller.of(controller, usb.nextController(domain.domid()));
            usb.add(domain.domid(), added, qemu);
            rememberUsb();
            return new AttachedUsbController(added.devid(), added.version(), added.ports(), List.of());
        });
    }

    /**
     * Removes a USB controller and its devices ({@code xl usbctrl-detach}).
     *
     * @param devid number of the controller
     * @throws DeviceException if there is no such controller, or the guest does not release it
     */
    public void detachUsbController(int devid) {
        domain.exclusively("detaching a USB controller from", () -> {
            domain.changeable("detaching a device of");
            Undo.all(
                    () -> domain.context().usb().removeController(domain.domid(), devid, runningQemu()),
                    this::rememberUsb);
        });
    }

    /**
     * Attaches a USB device of the host to an HVM domain ({@code xl usbdev-attach}), with a controller if it has no free
     * port. After a failure, the host's drivers have the device.
     *
     * @param device a device of the kind {@link OtherDevice.Kind#USB_DEVICE}
     * @return the device with its port
     * @throws ConfigException if this host or this domain cannot have the device
     * @throws DeviceException if a domain has the device
     */
    public AttachedUsbDevice attachUsbDevice(OtherDevice device) {
        require(device, OtherDevice.Kind.USB_DEVICE);
        return domain.exclusively("attaching a USB device to", () -> {
            UsbAddress address = domain.context().devices().usbAddress(device);
            QemuProcess qemu = qemuOfHvm("can have no USB device", "the machine of an HVM guest has USB controllers");
            UsbHost usb = domain.context().usb();
            int next = usb.nextController(domain.domid());
            return Undo.onFailure(
                    () -> usb.attach(
                            domain.domid(),
                            new UsbPlan.Device(address, usb.place(domain.domid(), device, qemu)),
                            qemu,
                            this::rememberUsb),
                    () -> {
                        if (usb.nextController(domain.domid()) > next) {
                            usb.removeController(domain.domid(), next, Optional.of(qemu));
                        }
                        rememberUsb();
                    });
        });
    }

    /**
     * Detaches a USB device: the host's drivers get it ({@code xl usbdev-detach}). The guest is not asked.
     *
     * @param controller number of the controller
     * @param port number of the port, from 1
     * @throws DeviceException if the port has no device
     */
    public void detachUsbDevice(int controller, int port) {
        domain.exclusively("detaching a USB device from", () -> {
            domain.changeable("detaching a device of");
            domain.context()
                    .usb()
                    .detach(domain.domid(), new UsbPlan.Port(controller, port), runningQemu(), this::rememberUsb);
        });
    }

    private Optional<QemuProcess> runningQemu() {
        return domain.context().deviceModels().visible(domain.domid());
    }

    private static void require(OtherDevice device, OtherDevice.Kind kind) {
        if (device.kind() != kind) {
            throw new ConfigException("'" + device.kind().key() + "' is not '" + kind.key() + "'");
        }
    }

    /** Writes the present USB controllers and devices into the configuration of the next build, and into libxl's. */
    void rememberUsb() {
        List<OtherDevice> present = domain.context().usb().described(domain.domid());
        change(config -> config.withUsbDevices(present));
        changeStored(config -> config.withUsbDevices(present));
    }

    /**
     * Inserts a medium into a CD-ROM drive ({@code xl cd-insert}), even if the guest has locked the drive.
     *
     * @param drive the guest's name of the drive, such as {@code hdc}
     * @param image a raw image or a block device
     * @throws DomainStateException if no QEMU serves the domain
     * @throws org.xenjava.toolstack.error.DeviceModelException if there is no such drive, or the image cannot be
     *     opened
     */
    public void insertMedium(VirtualDisk drive, Path image) {
        domain.attempting("changing the medium of", () -> {
            qemu().changeMedium(drive, image);
            changeStored(config -> config.withMedium(drive, Optional.of(image.toString())));
        });
    }

    /**
     * Ejects the medium of a CD-ROM drive ({@code xl cd-eject}), even if the guest has locked the drive.
     *
     * @param drive the guest's name of the drive, such as {@code hdc}
     * @throws DomainStateException if no QEMU serves the domain
     * @throws org.xenjava.toolstack.error.DeviceModelException if there is no such drive
     */
    public void ejectMedium(VirtualDisk drive) {
        domain.attempting("ejecting the medium of", () -> {
            qemu().eject(drive);
            changeStored(config -> config.withMedium(drive, Optional.empty()));
        });
    }

    private QemuProcess qemu() {
        return new DomainDeviceModel(domain).required("has no CD-ROM drive");
    }

    private boolean hasDisk(int number) {
        return disks().stream().anyMatch(attached -> attached.number() == number);
    }

    private boolean hasNic(int devid) {
        return nics().stream().anyMatch(nic -> nic.devid() == devid);
    }

    private Optional<DomainConfig> stored() {
        return StoredConfig.read(domain.store().direct(), domain.paths().storedConfig());
    }

    /** Restores the stored configuration: a device that could not be detached is still the guest's. */
    private void restore(DomainConfig before) {
        change(config ->
                config.toBuilder().disks(before.disks()).nics(before.nics()).build());
    }

    /** Changes the configuration of the domain's next build, if this library built the domain. */
    private void change(UnaryOperator<DomainConfig> change) {
        String path = domain.paths().storedConfig();
        domain.store().inTransaction(transaction -> StoredConfig.read(transaction, path)
                .map(before -> {
                    DomainConfig after = change.apply(before);
                    if (!after.equals(before)) {
                        transaction.remove(path);
                        StoredConfig.write(transaction, path, after);
                    }
                    return after;
                }));
    }

    /**
     * Changes the configuration that libxl has stored, of a domain of this library or of another toolstack. The change is
     * made before the device's nodes are, as libxl does: its readers rely on it.
     */
    private void changeStored(UnaryOperator<LibxlConfig> change) {
        domain.context().userdata().change(domain.domid(), domain.uuid(), domain::exists, change);
    }

    /** Another toolstack may have attached a disk of that name in the meantime; its entry stays. */
    private void forget(VirtualDisk disk) {
        changeStored(config -> hasDisk(disk.number()) ? config : config.withoutDisk(disk));
    }

    private void forgetNic(int devid) {
        changeStored(config -> hasNic(devid) ? config : config.withoutNic(devid));
    }

    private DomainType type() {
        domain.changeable("attaching a device to");
        return domain.store()
                .read(domain.paths().libxlType())
                .flatMap(DomainType::ofWord)
                .orElseThrow(() -> new ConfigException(domain + " has no known type in xenstore (hvm, pvh or pv)"));
    }
}
