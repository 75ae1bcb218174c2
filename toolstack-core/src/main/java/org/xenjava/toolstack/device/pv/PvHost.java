// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;
import org.xenjava.toolstack.device.plan.AskedOnce;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.DiskBackend;
import org.xenjava.toolstack.device.plan.DiskPlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.plan.Keyboards;
import org.xenjava.toolstack.device.plan.NicPlan;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.plan.QemuDevicePlan;
import org.xenjava.toolstack.device.plan.UsbPlan;
import org.xenjava.toolstack.device.view.AttachedChannel;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedKeyboard;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * Attaches, lists and detaches the paravirtual devices of a host's domains. The class is safe to use from many
 * threads that work on different domains.
 */
public final class PvHost {
    /** The time that libxl waits for a back end, and for a guest to release a device. */
    public static final Duration LIBXL_LIMIT = Duration.ofSeconds(10);

    private final HostInventory host;
    private final DeviceTree tree;
    private final BackendStates states;
    private final DiskAttachment diskAttachment;
    private final NicAttachment nicAttachment;
    private final Detachment detachment;
    private final DeviceList list;
    private final LoopDevices loops;
    private final ScriptRuns scriptRuns;

    /**
     * @param kernel provides loop devices and network interfaces
     * @param host answers a plan's questions
     * @param scripts runs hotplug scripts
     * @param hotplug whether they are run
     * @param limit the longest time of each wait for a back end or a guest; libxl's is {@link #LIBXL_LIMIT}
     * @param withdrawals take all devices from a domain that are passed through to it, by their kind
     */
    public PvHost(
            StoreClient store,
            WatchHub events,
            HostDevices kernel,
            HostInventory host,
            HotplugScripts scripts,
            HotplugPolicy hotplug,
            Duration limit,
            Map<String, IntConsumer> withdrawals) {
        this.host = host;
        tree = new DeviceTree(store);
        states = new BackendStates(store, events, limit);
        loops = new LoopDevices(kernel, store);
        scriptRuns = new ScriptRuns(store, scripts, hotplug);
        diskAttachment = new DiskAttachment(kernel, tree, states, loops, new SharedDisks(host), scriptRuns);
        nicAttachment = new NicAttachment(kernel, tree, states, scriptRuns);
        detachment = new Detachment(store, tree, states, loops, scriptRuns, withdrawals);
        list = new DeviceList(store, tree, states);
    }

    // ---- creates ------------------------------------------------------------------------------------------

    /**
     * Attaches all disks, without waiting for their back ends. After a failure, {@link #detachAll} undoes the
     * attachment.
     */
    public void attachDisks(int domid, DevicePlan plan) {
        plan.disks().forEach(disk -> diskAttachment.attach(domid, disk, () -> {}));
    }

    /**
     * Writes the nodes of the disks that dom0's kernel serves, and opens none of them: another host may still write their
     * blocks. After a failure, {@link #detachAll} undoes that.
     */
    public void prepareDisks(int domid, DevicePlan plan) {
        ofKernelHere(plan).forEach(disk -> diskAttachment.prepare(domid, disk));
    }

    /**
     * Waits for the back ends of the disks that are prepared.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     */
    public void awaitPreparedDisks(int domid, DevicePlan plan, Cancellation cancellation) {
        ofKernelHere(plan).forEach(disk -> diskAttachment.awaitPrepared(domid, disk, cancellation));
    }

    /** Writes the nodes of the disks that dom0's QEMU serves. After a failure, {@link #detachAll} undoes that. */
    public void attachQemuDisks(int domid, DevicePlan plan) {
        ofQemuHere(plan).forEach(disk -> diskAttachment.attach(domid, disk, () -> {}));
    }

    /**
     * Writes the nodes of these disks so that QEMU opens no image before {@link #takeOverDisks}: the QEMU of another host may
     * still write it. After a failure, {@link #detachAll} undoes that.
     */
    public void prepareQemuDisks(int domid, DevicePlan plan) {
        ofQemuHere(plan).forEach(disk -> diskAttachment.prepareOfQemu(domid, disk));
    }

    private static Stream<DiskPlan> ofQemuHere(DevicePlan plan) {
        return plan.disks().stream().filter(disk -> disk.backend() == DiskBackend.QEMU && disk.isLocal());
    }

    /** Opens the disks that are prepared, and attaches those that driver domains serve. */
    public void openDisks(int domid, DevicePlan plan) {
        plan.disks().forEach(disk -> {
            if (!disk.isLocal()) {
                diskAttachment.attach(domid, disk, () -> {});
            } else if (disk.backend() != DiskBackend.QEMU) {
                diskAttachment.open(domid, disk);
            }
        });
    }

    /**
     * Checks that no back end has refused a disk of the domain. The back end of a prepared disk has the state that
     * {@link #awaitDisks} waits for before it opens the block device, so an error may come later.
     *
     * @throws DeviceException if a back end reports an error, or has closed
     */
    public void requireDisks(int domid) {
        tree.devices(domid, PvDevice.DISK).forEach(states::requireAccepted);
    }

    /**
     * Checks the disks as {@link #requireDisks} does, and lets QEMU open those of {@link #prepareQemuDisks}.
     *
     * @throws DeviceException if a back end reports an error or has closed, or QEMU does not open a disk
     */
    public void takeOverDisks(int domid) {
        diskAttachment.beginAll(tree.devices(domid, PvDevice.DISK));
    }

    /** A driver domain opens a disk as soon as it has nodes. */
    private static Stream<DiskPlan> ofKernelHere(DevicePlan plan) {
        return plan.disks().stream().filter(disk -> disk.backend() != DiskBackend.QEMU && disk.isLocal());
    }

    /**
     * Waits for the disks that the kernel serves, and runs the scripts of disks. Called before QEMU starts, which then
     * finds its disks.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     */
    public void awaitDisks(int domid, DevicePlan plan, Cancellation cancellation) {
        plan.disks().forEach(disk -> diskAttachment.await(domid, disk, cancellation));
    }

    /** {@return the disks of a plan that is carried out, each with the path of the block device that its script has made} */
    public List<DiskPlan> located(int domid, List<DiskPlan> disks) {
        return disks.stream()
                .map(disk -> disk.script()
                        .flatMap(script -> scriptRuns.blockDevice(disk.device(domid)))
                        .map(disk::at)
                        .orElse(disk))
                .toList();
    }

    /** Waits for the paravirtual disks that QEMU serves, once it is ready. */
    public void awaitQemuDisks(int domid, DevicePlan plan, Cancellation cancellation) {
        plan.disks().stream()
                .filter(disk -> !disk.disk().isEmptyDrive() && disk.backend() == DiskBackend.QEMU)
                .forEach(disk -> states.awaitProbed(disk.device(domid), () -> true, cancellation));
    }

    /**
     * Attaches all network cards, without waiting for their back ends. After a failure, {@link #detachAll} undoes the
     * attachment.
     */
    public void attachNics(int domid, DevicePlan plan) {
        plan.nics().forEach(card -> nicAttachment.attach(domid, card, () -> {}));
    }

    /**
     * Writes the nodes of the devices that QEMU serves beside disks. After a failure, {@link #detachAll} undoes the
     * attachment.
     */
    public void attachOthers(int domid, DevicePlan plan) {
        plan.others().forEach(device -> tree.create(device.nodes(domid), transaction -> {}, () -> {}));
    }

    /** Waits until QEMU, which is ready, serves these devices. */
    public void awaitOthers(int domid, DevicePlan plan, Cancellation cancellation) {
        plan.others().forEach(device -> states.awaitProbed(device.device(domid), () -> true, cancellation));
    }

    /**
     * Waits for the back ends of all network cards, and joins their interfaces and QEMU's to their bridges. Called when
     * QEMU is ready.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     */
    public void connectNics(int domid, DevicePlan plan, Cancellation cancellation) {
        plan.nics().forEach(card -> nicAttachment.connect(domid, card, cancellation));
    }

    /**
     * Detaches all devices from the domain by force, and releases the host's resources for them. The
     * method reads the devices from xenstore, so it works for a domain that another process has built or begun to
     * build. Called before the domain's trees are removed. Does nothing if there is no device.
     */
    public void detachAll(int domid) {
        detachment.detachByForce(tree.devices(domid));
    }

    /**
     * Writes to the storage what the kernel holds back of the image files of a domain's disks. Called when the guest is
     * suspended, before another host opens the files.
     */
    public void flushImages(int domid) {
        tree.devices(domid, PvDevice.DISK).forEach(loops::flush);
    }

    /** Whether the domain has a device that {@link #detachAll} would take, in the caller's transaction. */
    public boolean areThereAny(StoreTransaction transaction, int domid) {
        return !DeviceTree.devices(transaction, domid).isEmpty();
    }

    // ---- domains that exist -------------------------------------------------------------------------------

    /**
     * Plans a disk of a domain.
     *
     * @throws ConfigException if the host cannot serve the disk
     */
    public DiskPlan plan(DiskConfig disk, DomainType guest) {
        return DiskPlan.of(disk, guest, DiskBus.IDE, new AskedOnce(host));
    }

    /**
     * Plans a PCI device of the host.
     *
     * @throws ConfigException if the host has no such device, or uses it itself
     */
    public PciPlan plan(OtherDevice device) {
        return PciPlan.of(device, host);
    }

    /**
     * Finds a USB device of the host.
     *
     * @throws ConfigException if the host has no such device, or it is a hub
     */
    public UsbAddress usbAddress(OtherDevice device) {
        return UsbPlan.address(device, host);
    }

    /**
     * Attaches one more disk to a domain. After a failure, nothing of the disk is left.
     *
     * @throws DeviceException if the domain has the disk already, or its back end refuses it
     */
    public void attach(int domid, DiskPlan disk) {
        orNothing(disk.device(domid), begun -> {
            diskAttachment.attach(domid, disk, begun);
            diskAttachment.await(domid, disk, new Cancellation());
        });
    }

    /**
     * Attaches one more network card to a domain, without an emulated one. After a failure, nothing of the card is
     * left.
     *
     * @param devid number of the card
     * @param nic has an address
     * @throws ConfigException if the host cannot connect the card
     * @throws DeviceException if its back end refuses the card
     */
    public void attach(int domid, int devid, NicConfig nic) {
        if (nic.type().equals(Optional.of(Type.IOEMU))) {
            throw new ConfigException("vif: only the build of an HVM guest gives it an emulated card: type=vif");
        }
        NicPlan card = NicPlan.of(nic, devid, Type.VIF, host);
        orNothing(card.device(domid), begun -> {
            nicAttachment.attach(domid, card, begun);
            nicAttachment.connect(domid, card, new Cancellation());
        });
    }

    /** {@return the number of the domain's next network card: one more than the highest} */
    public int nextNic(int domid) {
        return next(domid, PvDevice.CARD);
    }

    private int next(int domid, String kind) {
        return tree.devices(domid, kind).stream()
                        .mapToInt(PvDevice::devid)
                        .max()
                        .orElse(-1)
                + 1;
    }

    /**
     * Detaches a disk from a domain. Does nothing if the domain has no such disk.
     *
     * @param number Xen's number of the disk
     * @throws DeviceException if the guest does not release the disk and the mode lets it
     */
    public void detachDisk(int domid, int number, DetachMode mode) {
        tree.find(domid, PvDevice.DISK, number).ifPresent(device -> detachment.detach(device, mode));
    }

    /** Detaches a network card as {@link #detachDisk} detaches a disk. */
    public void detachNic(int domid, int devid, DetachMode mode) {
        tree.find(domid, PvDevice.CARD, devid).ifPresent(device -> detachment.detach(device, mode));
    }

    /**
     * Attaches one more keyboard to a domain whose QEMU serves such devices. After a failure, nothing of the keyboard is
     * left.
     *
     * @return the keyboard, which waits for the guest
     * @throws ConfigException if QEMU cannot serve it
     * @throws DeviceException if QEMU does not serve it within the limit
     */
    public AttachedKeyboard attachKeyboard(int domid, OtherDevice keyboard) {
        QemuDevicePlan plan = Keyboards.plan(keyboard, next(domid, PvDevice.KEYBOARD));
        orNothing(plan.device(domid), begun -> {
            tree.create(plan.nodes(domid), transaction -> {}, begun);
            states.awaitProbed(plan.device(domid), () -> true, new Cancellation());
        });
        return list.keyboard(plan.device(domid));
    }

    /**
     * Detaches a keyboard as {@link #detachDisk} detaches a disk.
     *
     * @throws DeviceException if the domain has no such keyboard
     */
    public void detachKeyboard(int domid, int devid, DetachMode mode) {
        PvDevice device = tree.find(domid, PvDevice.KEYBOARD, devid)
                .orElseThrow(() -> new DeviceException("domain " + domid + " has no paravirtual keyboard " + devid));
        detachment.detach(device, mode);
    }

    /** {@return the domain's keyboards, by number} */
    public List<AttachedKeyboard> keyboards(int domid) {
        return list.keyboards(domid);
    }

    /** {@return the domain's keyboards as a configuration describes them, by number} */
    public List<OtherDevice> describedKeyboards(int domid) {
        return list.describedKeyboards(domid);
    }

    /** {@return the domain's disks, by number} */
    public List<AttachedDisk> disks(int domid) {
        return list.disks(domid);
    }

    /** {@return the domain's network cards, by number} */
    public List<AttachedNic> nics(int domid) {
        return list.nics(domid);
    }

    /** {@return the domain's channels, by number} */
    public List<AttachedChannel> channels(int domid) {
        return list.channels(domid);
    }

    private interface Attempt {
        void run(Runnable begun);
    }

    /** Attaches a device; after a failure, removes its nodes and the host's resources. */
    private void orNothing(PvDevice device, Attempt attempt) {
        boolean[] begun = {false};
        Undo.onFailure(() -> attempt.run(() -> begun[0] = true), () -> {
            if (begun[0]) {
                detachment.detachByForce(List.of(device));
            }
        });
    }
}
