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
    private final Clock clock;

    public DomainBuilder(Xenctrl xenctrl, StoreClient store, BuildJournal journal, PodPolicy podPolicy, Clock clock) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.journal = journal;
        this.podPolicy = podPolicy;
        this.clock = clock;
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
     * all that was done is undone: no domain, no node in xenstore, no claimed memory stays.
     */
    public Built build(DomainConfig config, BuildListener listener, Cancellation cancellation) {
        UUID uuid = config.uuid().orElseGet(UUID::randomUUID);
        BuildPlan plan = BuildPlan.of(config, podPolicy);
        BuildJournal.Note note = journal.note(uuid);
        PvhBuild build = new PvhBuild(xenctrl, store, clock, plan, uuid, cancellation);
        new StepRunner(config.name(), listener, cancellation)
                .thenNote("note the build", note::open, note::close)
                .then("look for the UUID", () -> requireNewUuid(uuid))
                .then("create the domain", build::createDomain, build::destroyDomain)
                .then("allocate vCPUs", build::allocateVcpus)
                .then("limit memory", build::limitMemory)
                .then("size the paging pool", build::sizePagingPool)
                .then("set the CPU policy", build::setCpuPolicy)
                .then("claim host memory", build::claimMemory)
                .then("set the PoD target", build::setPodTarget)
                .then("populate RAM", build::populateRam)
                .then("populate special pages", build::populateSpecialPages)
                .then("load the kernel", build::loadImage)
                .then("load the ACPI tables", build::loadAcpi)
                .then("release the claim", build::releaseClaim)
                .then("describe memory", build::setMemoryMap)
                .then("open event channels", build::openEventChannels)
                .then("set HVM parameters", build::setHvmParams)
                .then("set vCPU state", build::setVcpuState)
                .then("seed the grant table", build::seedGrantTable)
                .then("verify the memory", build::verifyMemory)
                .then("write xenstore", build::writeStore, build::removeStore)
                .then("introduce to xenstored", build::introduce)
                .then("close the note", note::close)
                .run();
        return new Built(build.domid(), uuid);
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
