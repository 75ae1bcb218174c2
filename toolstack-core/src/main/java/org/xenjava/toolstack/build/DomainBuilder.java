// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import java.time.Clock;
import java.util.UUID;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** Builds domains. Safe to use from many threads; each build works on a domain of its own. */
public final class DomainBuilder {
    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final BuildJournal journal;
    private final PodPolicy podPolicy;
    private final HvmHost hvmHost;
    private final Clock clock;
    private final DomainRemoval removal;

    /** @param hvmHost what the host has for HVM guests */
    public DomainBuilder(
            Xenctrl xenctrl,
            StoreClient store,
            BuildJournal journal,
            PodPolicy podPolicy,
            HvmHost hvmHost,
            Clock clock) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.journal = journal;
        this.podPolicy = podPolicy;
        this.hvmHost = hvmHost;
        this.clock = clock;
        this.removal = new DomainRemoval(xenctrl, store, hvmHost.deviceModel());
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
     * all that was done is undone: no domain, no node in xenstore, no claimed memory, no device model stays.
     */
    public Built build(DomainConfig config, BuildListener listener, Cancellation cancellation) {
        UUID uuid = config.uuid().orElseGet(UUID::randomUUID);
        BuildPlan plan = BuildPlan.of(config, podPolicy, hvmHost);
        BuildJournal.Note note = journal.note(uuid);
        GuestBuild guest = new GuestBuild(xenctrl, store, clock, plan, uuid, cancellation);
        StepRunner steps = new StepRunner(config.name(), listener, cancellation);
        plan.image()
                .map(
                        image -> describe(steps, note, guest, new PvhBuild(guest, image)),
                        image -> describe(steps, note, guest, new HvmBuild(guest, image, hvmHost.deviceModel())))
                .run();
        return new Built(guest.domid(), uuid);
    }

    private StepRunner describe(StepRunner steps, BuildJournal.Note note, GuestBuild guest, PvhBuild pvh) {
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
                .then("close the note", note::close);
    }

    private StepRunner describe(StepRunner steps, BuildJournal.Note note, GuestBuild guest, HvmBuild hvm) {
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
                .then("start the device model", hvm::startDeviceModel, hvm::stopDeviceModel)
                .then("await the device model", hvm::awaitDeviceModel)
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
        xenctrl.domains().stream()
                .filter(info -> info.handle().equals(uuid))
                .findFirst()
                .ifPresent(info -> {
                    throw new DomainExistsException("a domain with the UUID " + uuid + " exists already: domid "
                            + info.domid() + "; destroy it or choose another UUID");
                });
    }
}
