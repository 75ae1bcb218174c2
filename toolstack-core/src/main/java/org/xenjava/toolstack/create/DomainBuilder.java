// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.xenjava.toolstack.progress.CreateStep.*;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.operation.StepListener;
import org.xenjava.toolstack.operation.StepRunner;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Builds domains. The class is safe to use from many threads; each build works on a domain of its own. */
public final class DomainBuilder {
    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final BuildJournal journal;
    private final PodPolicy podPolicy;
    private final ImageFiles images;
    private final HostInventory host;
    private final PvHost devices;
    private final DeviceModels deviceModels;
    private final Clock clock;
    private final RandomGenerator random;
    private final BootBacking backing;
    private final DomainRemoval removal;

    /**
     * @param images reads kernels, ramdisks and firmware
     * @param host answers a plan's questions
     * @param devices attaches disks and network cards
     * @param deviceModels starts QEMU
     * @param random chooses UUIDs and MAC addresses that a configuration leaves out
     * @param backing lends pages to guests while they boot
     */
    public DomainBuilder(
            Xenctrl xenctrl,
            StoreClient store,
            BuildJournal journal,
            PodPolicy podPolicy,
            ImageFiles images,
            HostInventory host,
            PvHost devices,
            DeviceModels deviceModels,
            Clock clock,
            RandomGenerator random,
            BootBacking backing) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.journal = journal;
        this.podPolicy = podPolicy;
        this.images = images;
        this.host = host;
        this.devices = devices;
        this.deviceModels = deviceModels;
        this.clock = clock;
        this.random = random;
        this.backing = backing;
        this.removal = new DomainRemoval(xenctrl, store, devices, deviceModels);
    }

    /**
     * A finished domain.
     *
     * @param domid number of the domain
     * @param uuid UUID of the domain
     */
    public record Built(int domid, UUID uuid) {}

    /**
     * Plans a domain, builds it step by step and leaves it paused. If a step fails or the build is cancelled, all
     * steps are undone: no domain, no node in xenstore, no claimed memory and no device is left.
     *
     * @return the domain
     */
    public Built build(DomainConfig wanted, CreateListener listener, Cancellation cancellation) {
        DomainConfig config = wanted.completed(random).located();
        UUID uuid = config.uuid().orElseThrow();
        CreatePlan plan = XenFailures.translating(
                "building domain " + config.name(), () -> CreatePlan.of(config, podPolicy, images, host));
        BuildJournal.Note note = journal.note(uuid);
        GuestBuild guest = new GuestBuild(xenctrl, store, clock, plan, uuid, cancellation);
        StepListener<CreateStep> progress = (step, number, total, phase) ->
                listener.onProgress(new CreateListener.Progress(config.name(), step, number, total, phase));
        try {
            new StepRunner<>("building domain " + config.name(), progress, cancellation).run(recipe(note, guest));
        } catch (ToolstackException e) {
            OptionalInt domid = guest.isCreated() ? OptionalInt.of(guest.domid()) : OptionalInt.empty();
            throw e.during(new Attempt("building domain " + config.name(), domid, Optional.of(uuid)));
        }
        return new Built(guest.domid(), uuid);
    }

    /** The order of a create. {@link DomainRemoval#remove} holds the order of a removal. */
    private List<Step<CreateStep>> recipe(BuildJournal.Note note, GuestBuild guest) {
        GuestKind kind = GuestKind.of(guest);
        DevicePlan plan = guest.plan().devices();
        GuestDevices devices = new GuestDevices(guest, this.devices, deviceModels);
        boolean qemu = plan.qemu().isPresent();
        return List.of(
                Step.of(RECORD_BUILD, note::open).undoneIfNothingIsLeft(note::close),
                Step.of(CHECK_UUID, () -> requireNewUuid(guest.uuid())),
                Step.of(CREATE_DOMAIN, kind::createDomain).undoneBy(() -> destroy(guest)),
                Step.of(ALLOCATE_VCPUS, guest::allocateVcpus),
                Step.of(LIMIT_MEMORY, guest::limitMemory),
                Step.of(SIZE_PAGING_POOL, guest::sizePagingPool),
                Step.of(SET_CPU_POLICY, kind::setCpuPolicy),
                Step.of(CLAIM_MEMORY, () -> backing.awaitingReturns(guest::claimMemory)),
                Step.of(SET_POD_TARGET, guest::setPodTarget),
                Step.of(POPULATE_RAM, guest::populateRam),
                Step.of(POPULATE_SPECIAL_PAGES, kind::populateSpecialPages),
                Step.of(LOAD_IMAGE, kind::loadImage),
                Step.of(RELEASE_CLAIM, guest::releaseClaim).onlyIf(!kind.deviceModelTakesMemory()),
                Step.of(DESCRIBE_MEMORY, guest::setMemoryMap),
                Step.of(OPEN_EVENT_CHANNELS, guest::openEventChannels),
                Step.of(SET_HVM_PARAMETERS, kind::setHvmParams),
                Step.of(SET_VCPU_STATE, kind::setVcpuState),
                Step.of(SEED_GRANT_TABLE, guest::seedGrantTable),
                Step.of(VERIFY_MEMORY, guest::verifyMemory),
                Step.of(WRITE_XENSTORE, kind::writeStore).undoneBy(() -> removeTrees(guest)),
                Step.of(INTRODUCE, guest::introduce),
                Step.of(ATTACH_DISKS, devices::attachDisks)
                        .undoneBy(devices::detachAll)
                        .onlyIf(!plan.disks().isEmpty()),
                Step.of(START_DEVICE_MODEL, devices::startDeviceModel)
                        .undoneBy(devices::stopDeviceModel)
                        .onlyIf(qemu),
                Step.of(AWAIT_DEVICE_MODEL, devices::awaitDeviceModel).onlyIf(qemu),
                Step.of(AWAIT_DEVICE_MODEL_DISKS, devices::awaitQemuDisks)
                        .onlyIf(qemu && guest.plan().config().type() == DomainType.PVH),
                Step.of(ATTACH_NICS, devices::attachNics)
                        .undoneBy(devices::detachAll)
                        .onlyIf(!plan.nics().isEmpty()),
                Step.of(RELEASE_CLAIM, guest::releaseClaim).onlyIf(kind.deviceModelTakesMemory()),
                Step.of(BACK_BOOT, () -> guest.backBoot(backing))
                        .onlyIf(backing.isOn()
                                && guest.plan().memory().initialDebt().isMoreThan(Pages.ZERO)),
                Step.of(REMOVE_RECORD, note::close));
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

    /** Checks that no domain has the UUID. The build's record excludes other builds with it. */
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
