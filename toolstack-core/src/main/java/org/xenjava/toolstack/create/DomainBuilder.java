// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.time.Clock;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** Builds domains. Safe to use from many threads; each build works on a domain of its own. */
public final class DomainBuilder {
    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final BuildJournal journal;
    private final PodPolicy podPolicy;
    private final GuestServices services;
    private final Clock clock;
    private final RandomGenerator random;
    private final DomainRemoval removal;

    /**
     * @param services what the host has for guests beside Xen
     * @param random chooses UUIDs and MAC addresses where none is given
     */
    public DomainBuilder(
            Xenctrl xenctrl,
            StoreClient store,
            BuildJournal journal,
            PodPolicy podPolicy,
            GuestServices services,
            Clock clock,
            RandomGenerator random) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.journal = journal;
        this.podPolicy = podPolicy;
        this.services = services;
        this.clock = clock;
        this.random = random;
        this.removal = new DomainRemoval(xenctrl, store, services);
    }

    /**
     * A finished domain.
     *
     * @param domid its number
     * @param uuid its UUID
     */
    public record Built(int domid, UUID uuid) {}

    /**
     * Plans a domain, then builds it step by step and leaves it paused. When a step fails or the build is cancelled,
     * all that was done is undone: no domain, no node in xenstore, no claimed memory, no device stays.
     */
    public Built build(DomainConfig wanted, CreateListener listener, Cancellation cancellation) {
        DomainConfig config = wanted.completed(random).located();
        UUID uuid = config.uuid().orElseThrow();
        CreatePlan plan = CreatePlan.of(config, podPolicy, services);
        BuildJournal.Note note = journal.note(uuid);
        GuestBuild guest = new GuestBuild(xenctrl, store, clock, plan, uuid, cancellation);
        StepRunner steps = new StepRunner(config.name(), listener, cancellation);
        GuestDevices devices = new GuestDevices(guest, services);
        try {
            plan.image()
                    .map(
                            image -> describe(steps, note, guest, new PvhBuild(guest, image), devices),
                            image -> describe(steps, note, guest, new HvmBuild(guest, image), devices))
                    .run();
        } catch (ToolstackException e) {
            OptionalInt domid = guest.isCreated() ? OptionalInt.of(guest.domid()) : OptionalInt.empty();
            throw e.during(new Attempt("building domain " + config.name(), domid, Optional.of(uuid)));
        }
        return new Built(guest.domid(), uuid);
    }

    private StepRunner describe(
            StepRunner steps, BuildJournal.Note note, GuestBuild guest, PvhBuild pvh, GuestDevices devices) {
        return steps.thenNote("note the build", note::open, note::close)
                .then("look for the UUID", () -> requireNewUuid(guest.uuid()))
                .then("create the domain", pvh::createDomain, () -> destroy(guest))
                .then("allocate vCPUs", guest::allocateVcpus)
                .then("limit memory", guest::limitMemory)
                .then("size the paging pool", guest::sizePagingPool)
                .then("set the CPU policy", pvh::setCpuPolicy)
                .then("claim host memory", guest::claimMemory)
                .then("set the PoD target", guest::setPodTarget)
                .then("populate RAM", guest::populateRam)
                .then("populate special pages", guest::populateSpecialPages)
                .then("load the kernel", guest::loadImage)
                .then("load the ACPI tables", pvh::loadAcpi)
                .then("release the claim", guest::releaseClaim)
                .then("describe memory", guest::setMemoryMap)
                .then("open event channels", guest::openEventChannels)
                .then("set HVM parameters", pvh::setHvmParams)
                .then("set vCPU state", pvh::setVcpuState)
                .then("seed the grant table", guest::seedGrantTable)
                .then("verify the memory", guest::verifyMemory)
                .then("write xenstore", pvh::writeStore, () -> removeTrees(guest))
                .then("introduce to xenstored", guest::introduce)
                .thenIf(devices.hasDisks(), "attach disks", devices::attachDisks, devices::detachAll)
                .thenIf(
                        devices.needDeviceModel(),
                        "start the device model",
                        devices::startDeviceModel,
                        devices::stopDeviceModel)
                .thenIf(devices.needDeviceModel(), "await the device model", devices::awaitDeviceModel, () -> {})
                .thenIf(
                        devices.needDeviceModel(),
                        "await the device model's disks",
                        devices::awaitDeviceModelsDisks,
                        () -> {})
                .thenIf(devices.hasNics(), "attach network cards", devices::attachNics, devices::detachAll)
                .then("close the note", note::close);
    }

    private StepRunner describe(
            StepRunner steps, BuildJournal.Note note, GuestBuild guest, HvmBuild hvm, GuestDevices devices) {
        return steps.thenNote("note the build", note::open, note::close)
                .then("look for the UUID", () -> requireNewUuid(guest.uuid()))
                .then("create the domain", hvm::createDomain, () -> destroy(guest))
                .then("allocate vCPUs", guest::allocateVcpus)
                .then("limit memory", guest::limitMemory)
                .then("size the paging pool", guest::sizePagingPool)
                .then("set the CPU policy", hvm::setCpuPolicy)
                .then("claim host memory", guest::claimMemory)
                .then("set the PoD target", guest::setPodTarget)
                .then("populate RAM", guest::populateRam)
                .then("populate special pages", guest::populateSpecialPages)
                .then("populate I/O request pages", hvm::populateIoreqServerPages)
                .then("load the firmware", guest::loadImage)
                .then("describe memory", guest::setMemoryMap)
                .then("open event channels", guest::openEventChannels)
                .then("set HVM parameters", hvm::setHvmParams)
                .then("set vCPU state", hvm::setVcpuState)
                .then("seed the grant table", guest::seedGrantTable)
                .then("verify the memory", guest::verifyMemory)
                .then("write xenstore", hvm::writeStore, () -> removeTrees(guest))
                .then("introduce to xenstored", guest::introduce)
                .thenIf(devices.hasDisks(), "attach disks", devices::attachDisks, devices::detachAll)
                .then("start the device model", devices::startDeviceModel, devices::stopDeviceModel)
                .then("await the device model", devices::awaitDeviceModel)
                .thenIf(devices.hasNics(), "attach network cards", devices::attachNics, devices::detachAll)
                .then("release the claim", guest::releaseClaim)
                .then("close the note", note::close);
    }

    private void destroy(GuestBuild guest) {
        if (guest.isCreated()) {
            removal.destroy(guest.domid());
        } else {
            removal.destroyNewborn(guest.uuid());
        }
    }

    private void removeTrees(GuestBuild guest) {
        if (guest.isCreated()) {
            removal.removeTrees(guest.domid(), guest.uuid());
        }
    }

    /** The note keeps others from building one in the meantime. */
    private void requireNewUuid(UUID uuid) {
        xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(uuid))
                .findFirst()
                .ifPresent(info -> {
                    throw new DomainExistsException("a domain with the UUID " + uuid + " exists already: domid "
                            + info.domid() + "; destroy it or choose another UUID");
                });
    }
}
