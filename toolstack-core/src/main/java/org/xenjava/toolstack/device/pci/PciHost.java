// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.xenjava.toolstack.device.DeviceJournal;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.QemuFinder;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.pci.PciAttachment.Registers;
import org.xenjava.toolstack.device.plan.HardwarePlan;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.PciPlan.Option;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The PCI devices of a host that guests use. The class is safe to use from many threads that work on different devices. */
public final class PciHost {
    /** The name of the journal of changes. */
    public static final String JOURNAL = "pci";

    private final Xenctrl xenctrl;
    private final PciKernel kernel;
    private final PciRecords records;
    private final PciBackend backend;
    private final DeviceJournal<PciAddress> journal;
    private final AssignableDevices assignable;
    private final PciAttachment attachment;
    private final EjectWait wait;

    /** Domains from which this process has taken the devices, which no other domain gets yet. */
    private final Set<Integer> withdrawn = ConcurrentHashMap.newKeySet();

    /**
     * @param events shows how PV guests release devices
     * @param host domain 0's kernel
     * @param processes signs the records of changes
     * @param wait waits for a guest
     * @param hardware what a domain may use beside its PCI devices
     */
    public PciHost(
            Xenctrl xenctrl,
            StoreClient store,
            WatchHub events,
            HostDevices host,
            ProcessIdentity processes,
            EjectWait wait,
            IntFunction<HardwarePlan> hardware) {
        this.xenctrl = xenctrl;
        this.wait = wait;
        kernel = new PciKernel(host);
        records = new PciRecords(store);
        backend = new PciBackend(store, events);
        journal = new DeviceJournal<>(
                new DeviceJournal.Names<>(JOURNAL, "PCI device", PciRecords::key, PciRecords::device),
                store,
                processes);
        assignable = new AssignableDevices(xenctrl, kernel, records, journal);
        attachment = new PciAttachment(xenctrl, store, kernel, records, backend, journal, assignable, wait, hardware);
    }

    // ---- the host -----------------------------------------------------------------------------------------

    /** {@return the assignable devices that no guest has} */
    public List<AssignableDevice> assignable() {
        return assignable.list();
    }

    /**
     * Makes a device assignable: takes it from its driver, binds it to xen-pciback and quarantines it.
     *
     * @return whether the device was not assignable before
     * @throws DeviceException if there is no such device, a domain has it, or the host cannot pass devices through
     */
    public boolean keep(PciAddress address, Optional<String> name) {
        kernel.requirePciback();
        boolean kept = kernel.isKept(address);
        assignable.add(address, name);
        return !kept;
    }

    /**
     * Makes a device unassignable.
     *
     * @throws DeviceException if the device is not assignable, or a domain has it
     */
    public void giveUp(PciAddress address, DriverReturn driver) {
        assignable.remove(address, driver);
    }

    // ---- domains ------------------------------------------------------------------------------------------

    /** {@return the devices of a domain, in the order in which they were attached} */
    public List<AttachedPciDevice> of(int domid) {
        return backend.list(domid);
    }

    /** {@return the devices that no other domain gets although the domain's nodes do not list them} */
    public List<PciAddress> notEjected(int domid) {
        List<PciAddress> held = new ArrayList<>(records.heldBy(domid));
        of(domid).forEach(listed -> held.remove(listed.address()));
        return List.copyOf(held);
    }

    /**
     * Attaches a device to a domain. After a failure, the domain has nothing of it, unless the guest does not eject
     * the device: then no other guest gets it before the domain ends.
     *
     * @param qemu the QEMU of an HVM domain, which is not confined
     * @param whenAttached the last part of the change; if the process is killed before its end, {@link #recover} takes
     *     the device from the domain
     * @return the device with its place in the guest
     * @throws DeviceException if the device is not assignable, or Xen or QEMU refuses it
     */
    public AttachedPciDevice attach(int domid, PciPlan plan, Optional<QemuProcess> qemu, Runnable whenAttached) {
        GuestSide guest = requiredSide(domid, qemu);
        return journal.change(
                plan.address(),
                transaction -> PciAttachment.requireUnclaimed(transaction, plan.address()),
                () -> {
                    AttachedPciDevice attached = guest.awaitArrival(attachment.attach(domid, plan, guest));
                    whenAttached.run();
                    return attached;
                },
                () -> undoAttach(domid, plan, Optional.of(guest)));
    }

    /** What shows devices to the guest of a domain; empty if an HVM domain has no QEMU, or the domain is gone. */
    private Optional<GuestSide> side(int domid, Optional<QemuProcess> qemu) {
        Optional<DomainInfo> domain = xenctrl.domains().info(domid);
        if (domain.filter(DomainInfo::hvm).isPresent()) {
            return qemu.map(QemuSide::new);
        }
        return domain.map(info -> new FrontEndSide(domid, backend, records, wait, () -> xenctrl.domains()
                .info(domid)
                .filter(DomainInfo::paused)
                .isPresent()));
    }

    private GuestSide requiredSide(int domid, Optional<QemuProcess> qemu) {
        return side(domid, qemu).orElseThrow(() -> new DomainGoneException("domain " + domid + " or its QEMU is gone"));
    }

    /**
     * Attaches a device to a domain that has not run. After a failure, the domain is to be removed: its QEMU may
     * still have the device, which a guest that does not run cannot release.
     *
     * @param qemu the QEMU of an HVM domain, which is not confined
     * @throws DeviceException if the device is not assignable, or Xen or QEMU refuses it
     */
    public void attachToNew(int domid, PciPlan plan, Optional<QemuProcess> qemu) {
        GuestSide guest = requiredSide(domid, qemu);
        journal.change(
                plan.address(),
                transaction -> PciAttachment.requireUnclaimed(transaction, plan.address()),
                () -> attachment.attach(domid, plan, guest),
                () -> undoAttach(domid, plan, Optional.empty()));
    }

    /** A device that was seized is between two drivers if the seizure failed. */
    private void undoAttach(int domid, PciPlan plan, Optional<GuestSide> guest) {
        attachment.undoAttach(domid, plan.address(), guest);
        if (plan.has(Option.SEIZE) && kernel.driver(plan.address()).isEmpty()) {
            assignable.recover(plan.address());
        }
    }

    /**
     * Detaches a device from a domain. A device that the guest does not release reaches no memory any more, and no other
     * guest gets it before the domain ends.
     *
     * @param qemu the QEMU of an HVM domain, if it runs
     * @param first the first part of the change; if the process is killed before the end of the change, the device is one
     *     of {@link #unfinished}
     * @throws DeviceException if the guest does not release the device and the mode lets it
     */
    public void detach(int domid, PciAddress address, DetachMode mode, Optional<QemuProcess> qemu, Runnable first) {
        Optional<GuestSide> guest = side(domid, qemu);
        List<Runnable> release = new ArrayList<>();
        journal.change(
                address,
                transaction -> requireHolder(transaction, domid, address),
                () -> {
                    requireAskable(domid, address);
                    boolean ejected = guest.filter(side -> attachment.eject(domid, address, mode, side))
                            .isPresent();
                    release.add(() -> {
                        journal.name(address, domid);
                        first.run();
                        attachment.release(domid, address, ejected ? Registers.RELEASED : Registers.MAPPED);
                    });
                    release.forEach(Runnable::run);
                },
                () -> release.forEach(Runnable::run));
    }

    private static void requireHolder(StoreTransaction transaction, int domid, PciAddress address) {
        if (!PciRecords.claimedBy(transaction, address).equals(OptionalInt.of(domid))) {
            throw new DeviceException("domain " + domid + " does not have PCI device " + address);
        }
    }

    private void requireAskable(int domid, PciAddress address) {
        if (records.isUnreleased(address)) {
            throw new DeviceException("the PV guest of domain " + domid + " has not released PCI device " + address
                    + ", which was detached by force; no other guest gets it before the domain ends");
        }
    }

    /** {@return the domain that has the device, or has a part of it} */
    public OptionalInt holder(PciAddress address) {
        return records.holder(address);
    }

    /**
     * Takes all devices from a domain that is removed. Does nothing if it has none. No other domain gets them before {@link
     * #release}, because QEMU's mappings of their registers last as long as the domain.
     */
    public void withdrawAll(int domid) {
        withdrawn.add(domid);
        Undo.all(records.heldBy(domid).stream()
                .<Runnable>map(address ->
                        () -> journal.alone(address, wait, () -> attachment.release(domid, address, Registers.MAPPED)))
                .toList());
        records.unmark(domid);
    }

    /**
     * Takes all devices from a domain as {@link #withdrawAll} does, also those that another toolstack has attached: xl makes
     * no mark at the domain, and old releases do not record the holder of a device.
     */
    public void withdrawUnmarked(int domid) {
        of(domid).forEach(device -> records.adopt(device.address(), domid));
        if (!records.heldBy(domid).isEmpty()) {
            withdrawAll(domid);
        }
    }

    /** Lets other domains have what {@link #withdrawAll} has taken from a domain that is gone now, as its QEMU is. */
    public void release(int domid) {
        if (withdrawn.contains(domid)) {
            records.heldBy(domid).forEach(address -> records.release(domid, address));
            withdrawn.remove(domid);
        }
    }

    // ---- what was left ------------------------------------------------------------------------------------

    /** {@return devices that a process has begun to move and left} */
    public List<PciAddress> unfinished() {
        return journal.unfinished();
    }

    /** {@return devices whose domain is gone} */
    public List<PciAddress> orphans() {
        return records.all().stream().filter(attachment::isOrphan).toList();
    }

    /**
     * Completes an unfinished change: takes the device from its domain, if the change is about that domain or the domain is
     * gone, and leaves it assignable if it was assignable. Does nothing if no change of the device is unfinished and its
     * domain exists.
     *
     * @param qemu finds the QEMU of a domain
     */
    public void recover(PciAddress address, QemuFinder qemu) {
        if (journal.isUnfinished(address) || attachment.isOrphan(address)) {
            journal.finish(address, () -> {
                OptionalInt holder = records.holder(address);
                if (holder.isPresent() && (holder.equals(journal.domain(address)) || attachment.isOrphan(address))) {
                    int domid = holder.getAsInt();
                    attachment.undoAttach(domid, address, side(domid, qemu.find(domid)));
                }
                assignable.recover(address);
            });
        }
    }
}
