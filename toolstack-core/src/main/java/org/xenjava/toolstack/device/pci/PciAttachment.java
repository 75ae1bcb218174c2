// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.DeviceJournal;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.plan.HardwarePlan;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.PciPlan.Option;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PassthroughCalls;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.Access;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.ReservedMemory;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.ReservedRange;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Gives assignable devices to HVM and PV domains and takes them back, in libxl's order. */
final class PciAttachment {
    private static final Logger LOG = LoggerFactory.getLogger(PciAttachment.class);

    /** The errors for what a domain does not have any more, or has not had. */
    private static final Set<Errno> GONE = Set.of(Errno.ESRCH, Errno.ENODEV, Errno.EINVAL, Errno.EOPNOTSUPP);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final PciKernel kernel;
    private final PciRecords records;
    private final PciBackend backend;
    private final DeviceJournal<PciAddress> journal;
    private final AssignableDevices assignable;
    private final EjectWait wait;
    private final IntFunction<HardwarePlan> hardware;

    PciAttachment(
            Xenctrl xenctrl,
            StoreClient store,
            PciKernel kernel,
            PciRecords records,
            PciBackend backend,
            DeviceJournal<PciAddress> journal,
            AssignableDevices assignable,
            EjectWait wait,
            IntFunction<HardwarePlan> hardware) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.kernel = kernel;
        this.records = records;
        this.backend = backend;
        this.journal = journal;
        this.assignable = assignable;
        this.wait = wait;
        this.hardware = hardware;
    }

    private PassthroughCalls calls() {
        return xenctrl.passthrough();
    }

    AttachedPciDevice attach(int domid, PciPlan plan, GuestSide guest) {
        PciAddress address = plan.address();
        assignable.requirePassthrough();
        kernel.refusal(plan).ifPresent(refusal -> {
            throw new DeviceException(refusal);
        });
        requireFit(domid, plan);
        claim(domid, address);
        if (plan.has(Option.SEIZE) && !kernel.isKept(address)) {
            assignable.seize(address);
        }
        kernel.reset(address);
        OptionalInt devfn = guest.add(plan);
        permit(domid, kernel.resources(address));
        if (plan.has(Option.PERMISSIVE)) {
            kernel.setPermissive(address);
        }
        calls().assign(domid, address, plan.has(Option.RDM_RELAXED) ? ReservedMemory.RELAXED : ReservedMemory.STRICT);
        // Two processes may have looked at one group before: at least the later assignment sees the other.
        requireNoOtherHasOneOfTheGroup(domid, address);
        backend.add(domid, plan, devfn, wait);
        return new AttachedPciDevice(address, devfn.orElse(0));
    }

    /** @throws DeviceException if a domain has the device */
    private void claim(int domid, PciAddress address) {
        store.inTransaction(transaction -> {
            if (!transaction.exists(new DomainPaths(domid).libxlType())) {
                throw new DomainGoneException("attaching PCI device " + address + ": the domain is gone");
            }
            requireUnclaimed(transaction, address);
            PciRecords.claim(transaction, address, domid);
            journal.name(transaction, address, domid);
            return address;
        });
    }

    /** @throws DeviceException if a domain has the device */
    static void requireUnclaimed(StoreTransaction transaction, PciAddress address) {
        PciRecords.claimedBy(transaction, address).ifPresent(holder -> {
            throw new DeviceException("attaching PCI device " + address + ": domain " + holder
                    + " has it; detach it first, or run 'gc' if that domain is gone");
        });
    }

    /** Refuses a device before anything of it is given to the domain. */
    private void requireFit(int domid, PciPlan plan) {
        PciAddress address = plan.address();
        List<ReservedRange> reserved = plan.has(Option.RDM_LEFT_OUT) ? List.of() : calls().reservedMemory(address);
        if (!reserved.isEmpty()) {
            throw new DeviceException("PCI device " + address + ": the host's firmware reserves "
                    + reserved.stream().mapToLong(ReservedRange::frames).sum() + " pages of memory for it from 0x"
                    + Long.toHexString(reserved.get(0).firstFrame() << 12)
                    + " on, which the guest has not left out: build an HVM guest with the device, or with"
                    + " rdm=\"strategy=host\"");
        }
        try {
            calls().testAssign(domid, address);
        } catch (HypercallException e) {
            throw new DeviceException(
                    "PCI device " + address + " cannot be assigned to domain " + domid + ": " + e.errno()
                            + (e.errno().equals(Errno.EOPNOTSUPP)
                                    ? "; the domain was built without an IOMMU context: give it"
                                            + " passthrough = \"enabled\", or a device in 'pci'"
                                    : "; another domain has the device, or Xen does not know it"),
                    e);
        }
        List<PciAddress> group = calls().group(0, address).stream()
                .filter(other -> !other.equals(address) && !kernel.isBridge(other))
                .toList();
        if (!group.isEmpty()) {
            throw new DeviceException("PCI device " + address + ": the IOMMU cannot tell it from " + group
                    + ", which domain 0 has; make these assignable as well");
        }
        requireNoOtherHasOneOfTheGroup(domid, address);
    }

    private void requireNoOtherHasOneOfTheGroup(int domid, PciAddress address) {
        records.all().stream()
                .map(records::holder)
                .flatMapToInt(OptionalInt::stream)
                .distinct()
                .filter(holder -> holder != domid && hasOneOfTheGroup(holder, address))
                .findFirst()
                .ifPresent(holder -> {
                    throw new DeviceException("PCI device " + address + ": the IOMMU cannot tell it from a device of"
                            + " domain " + holder);
                });
    }

    private boolean hasOneOfTheGroup(int holder, PciAddress address) {
        try {
            return calls().group(holder, address).stream().anyMatch(other -> !other.equals(address));
        } catch (HypercallException e) {
            if (GONE.contains(e.errno())) {
                return false;
            }
            throw e;
        }
    }

    private void permit(int domid, PciResources resources) {
        resources.ports().forEach(ports -> calls().permitPorts(
                        domid, Math.toIntExact(ports.first()), Math.toIntExact(ports.count()), Access.ALLOWED));
        resources.memory().forEach(memory -> calls().permitMemory(
                        domid, memory.first(), memory.count(), Access.ALLOWED));
        resources.interrupt().ifPresent(interrupt -> {
            calls().mapInterrupt(domid, interrupt);
            calls().permitInterrupt(domid, interrupt, Access.ALLOWED);
        });
    }

    /**
     * Asks the guest to release a device.
     *
     * @return whether it has; only if the mode is {@link DetachMode#FORCE} may it keep the device
     * @throws DeviceException if it does not, and the mode lets it
     */
    boolean eject(int domid, PciAddress address, DetachMode mode, GuestSide guest) {
        GuestSide.Answer answer;
        try {
            if (!guest.has(address)) {
                return true;
            }
            answer = guest.askForRelease(address, mode, wait);
        } catch (DeviceException | DeviceModelException e) {
            if (mode == DetachMode.IF_GUEST_AGREES) {
                throw e;
            }
            LOG.warn("domain {}: {}", domid, e.getMessage());
            guest.noteSilence(address);
            return false;
        }
        if (answer == GuestSide.Answer.RELEASED) {
            return true;
        }
        String silence = "the guest of domain " + domid + " has not released PCI device " + address + " within "
                + wait.limit().toSeconds() + " s";
        if (mode == DetachMode.IF_GUEST_AGREES) {
            throw new DeviceException(silence
                    + (answer == GuestSide.Answer.OPEN
                            ? "; it may still do so: detach the device again to complete that, or by force"
                            : "; stop using it in the guest, or detach it by force"));
        }
        LOG.warn("{}; it reaches no memory any more, and stays the domain's until the domain ends", silence);
        guest.noteSilence(address);
        return false;
    }

    /**
     * Takes back all that an attachment may have done. QEMU's mappings of registers outlive a QEMU that has ended: without
     * its answer, the device stays the domain's while the domain exists.
     */
    void undoAttach(int domid, PciAddress address, Optional<GuestSide> guest) {
        if (records.holder(address).equals(OptionalInt.of(domid))) {
            boolean unmapped = isOrphan(address)
                    || guest.filter(side ->
                                    !records.isUnreleased(address) && eject(domid, address, DetachMode.FORCE, side))
                            .isPresent();
            release(domid, address, unmapped ? Registers.RELEASED : Registers.MAPPED);
        }
    }

    /** Parts of a device that a guest may still have. */
    enum Registers {
        /** The guest has no part of the device. */
        RELEASED,
        /**
         * QEMU or the page tables of a PV guest still have the registers and the interrupt: no other guest may have the
         * device before the domain ends.
         */
        MAPPED
    }

    /** Takes the device from the domain, whatever part of it the domain has. The device returns to its quarantine. */
    void release(int domid, PciAddress address, Registers registers) {
        if (!records.holder(address).equals(OptionalInt.of(domid))) {
            return;
        }
        List<PciResources> others = records.heldBy(domid).stream()
                .filter(other -> !other.equals(address))
                .map(kernel::resources)
                .toList();
        HardwarePlan own = hardware.apply(domid);
        PciResources resources = kernel.resources(address)
                .without(
                        Stream.concat(others.stream(), own.interrupts().stream().map(PciResources::ofInterrupt))
                                .toList());
        Stream<Runnable> hypercalls = Stream.of(
                        resources.ports().stream()
                                .<Runnable>map(ports -> () -> calls().permitPorts(
                                                domid,
                                                Math.toIntExact(ports.first()),
                                                Math.toIntExact(ports.count()),
                                                Access.DENIED)),
                        resources.memory().stream()
                                .<Runnable>map(memory -> () ->
                                        calls().permitMemory(domid, memory.first(), memory.count(), Access.DENIED)),
                        interrupts(resources, registers)
                                .<Runnable>map(
                                        interrupt -> () -> calls().permitInterrupt(domid, interrupt, Access.DENIED)),
                        interrupts(resources, registers)
                                .<Runnable>map(interrupt -> () -> calls().unmapInterrupt(domid, interrupt)),
                        permitAgain(domid, resources, own),
                        Stream.<Runnable>of(() -> calls().deassign(domid, address)))
                .flatMap(part -> part);
        Undo.all(hypercalls.<Runnable>map(call -> () -> unlessGone(call)).toList());
        kernel.reset(address);
        backend.remove(domid, address, wait);
        if (registers == Registers.RELEASED) {
            records.release(domid, address);
        }
    }

    /** What the configuration names beside PCI devices, in so far as it was withdrawn with a device. */
    private Stream<Runnable> permitAgain(int domid, PciResources withdrawn, HardwarePlan own) {
        return Stream.concat(
                own.ports().stream()
                        .filter(range -> withdrawn.hasPorts(range.first(), range.count()))
                        .map(range -> () -> calls().permitPorts(domid, range.first(), range.count(), Access.ALLOWED)),
                own.memory().stream()
                        .filter(range -> withdrawn.hasMemory(range.first(), range.count()))
                        .map(range -> () -> calls().permitMemory(domid, range.first(), range.count(), Access.ALLOWED)));
    }

    /** While QEMU has bound an interrupt, Xen 4.17 would not map it to the domain again (EEXIST) after an unmap. */
    private static Stream<Integer> interrupts(PciResources resources, Registers registers) {
        return registers == Registers.RELEASED ? resources.interrupt().stream().boxed() : Stream.empty();
    }

    /** The end of a domain leaves a device in quarantine, too. */
    private static void unlessGone(Runnable call) {
        try {
            call.run();
        } catch (HypercallException e) {
            if (!GONE.contains(e.errno())) {
                throw e;
            }
        }
    }

    /** Whether the device's domain is gone. */
    boolean isOrphan(PciAddress address) {
        OptionalInt holder = records.holder(address);
        return holder.isPresent()
                && xenctrl.domains()
                        .info(holder.getAsInt())
                        .filter(info -> !info.dying())
                        .isEmpty();
    }
}
