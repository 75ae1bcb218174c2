// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.xenjava.toolstack.device.DeviceJournal;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PassthroughCalls;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.ReservedMemory;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Makes PCI devices of the host assignable, in quarantine, and returns them to the drivers of domain 0. */
final class AssignableDevices {
    /** The errors for a device that the quarantine does not have. */
    private static final Set<Errno> NOT_QUARANTINED = Set.of(Errno.ENODEV, Errno.EOPNOTSUPP);

    private final Xenctrl xenctrl;
    private final PciKernel kernel;
    private final PciRecords records;
    private final DeviceJournal<PciAddress> journal;

    AssignableDevices(Xenctrl xenctrl, PciKernel kernel, PciRecords records, DeviceJournal<PciAddress> journal) {
        this.xenctrl = xenctrl;
        this.kernel = kernel;
        this.records = records;
        this.journal = journal;
    }

    List<AssignableDevice> list() {
        return kernel.kept().stream()
                .filter(address -> records.holder(address).isEmpty())
                .map(address -> new AssignableDevice(address, records.name(address)))
                .toList();
    }

    void add(PciAddress address, Optional<String> name) {
        requirePassthrough();
        if (!kernel.exists(address)) {
            throw new DeviceException("this host has no PCI device " + address);
        }
        name.ifPresent(text -> requireUnused(address, text));
        if (kernel.isKept(address)) {
            keep(address);
            records.setName(address, name);
            return;
        }
        journal.change(
                address,
                transaction -> requireNoneHolds(transaction, address),
                () -> {
                    keep(address);
                    records.setName(address, name);
                },
                () -> undoKeep(address));
    }

    /** Keeps a device that is claimed for a domain. */
    void seize(PciAddress address) {
        kernel.driver(address).ifPresent(driver -> records.noteDriver(address, driver));
        kernel.unbind(address);
        kernel.keep(address);
        xenctrl.passthrough().assign(PassthroughCalls.QUARANTINE, address, ReservedMemory.RELAXED);
    }

    /** Makes the device assignable. A device that is assignable already is quarantined again, as by xl. */
    void keep(PciAddress address) {
        if (!kernel.isKept(address)) {
            seize(address);
        } else if (records.holder(address).isEmpty()) {
            xenctrl.passthrough().assign(PassthroughCalls.QUARANTINE, address, ReservedMemory.RELAXED);
        }
    }

    /** @throws DeviceException if this host cannot pass devices through */
    void requirePassthrough() {
        kernel.requirePciback();
        if (xenctrl.domains().info(0).filter(DomainInfo::hvm).isPresent()) {
            throw new DeviceException("domain 0 is a PVH guest, from which this library passes no devices through: boot"
                    + " Xen without dom0=pvh");
        }
        if (!xenctrl.host().physInfo().iommu()) {
            throw new DeviceException(
                    "Xen has no IOMMU, without which no device can be passed through: enable VT-d or AMD-Vi in the"
                            + " firmware of this host");
        }
    }

    private void requireUnused(PciAddress address, String name) {
        if (name.isEmpty() || PciAddress.parse(name).isPresent() || !name.matches("[ -.0-~]{1,64}")) {
            throw new ConfigException("'" + name + "' is no name for a PCI device");
        }
        records.all().stream()
                .filter(other -> !other.equals(address) && records.name(other).equals(Optional.of(name)))
                .findFirst()
                .ifPresent(other -> {
                    throw new DeviceException("PCI device " + other + " has the name '" + name + "' already");
                });
    }

    private static void requireNoneHolds(StoreTransaction transaction, PciAddress address) {
        OptionalInt holder = PciRecords.claimedBy(transaction, address);
        if (holder.isPresent()) {
            throw new DeviceException("domain " + holder.getAsInt() + " has PCI device " + address
                    + "; detach it first, or run 'gc' if that domain is gone");
        }
    }

    private void undoKeep(PciAddress address) {
        Undo.all(
                () -> leaveQuarantine(address),
                () -> kernel.giveUp(address),
                () -> rebind(address),
                () -> records.forget(address));
    }

    void remove(PciAddress address, DriverReturn driver) {
        Optional<String> name = records.name(address);
        Optional<String> original = records.driver(address);
        journal.change(
                address,
                transaction -> requireReturnable(transaction, address),
                () -> {
                    leaveQuarantine(address);
                    kernel.giveUp(address);
                    if (driver == DriverReturn.ORIGINAL) {
                        rebind(address);
                    }
                    records.forget(address);
                },
                () -> {
                    original.ifPresent(noted -> records.noteDriver(address, noted));
                    records.setName(address, name);
                    keep(address);
                });
    }

    private void requireReturnable(StoreTransaction transaction, PciAddress address) {
        if (!kernel.isKept(address)) {
            throw new DeviceException("PCI device " + address + " is not assignable: xen-pciback does not have it");
        }
        requireNoneHolds(transaction, address);
    }

    private void leaveQuarantine(PciAddress address) {
        try {
            xenctrl.passthrough().deassign(PassthroughCalls.QUARANTINE, address);
        } catch (HypercallException e) {
            if (!NOT_QUARANTINED.contains(e.errno())) {
                throw e;
            }
        }
    }

    /** Binds a device without a driver to the one that it had. */
    private void rebind(PciAddress address) {
        if (kernel.driver(address).isEmpty()) {
            records.driver(address).ifPresent(driver -> kernel.bind(driver, address));
        }
    }

    /** Brings a device that was neither kept nor returned, because a process ended, into one of both states. */
    void recover(PciAddress address) {
        if (kernel.isKept(address)) {
            keep(address);
        } else {
            undoKeep(address);
        }
    }
}
