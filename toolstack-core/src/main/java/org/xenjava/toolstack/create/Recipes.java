// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.xenjava.toolstack.progress.CreateStep.*;
import static org.xenjava.toolstack.progress.RemovalStep.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.RemovalStep;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The order of a create, for every kind of guest, and beneath it the order of a removal. All devices are attached before
 * the first wait, so that their back ends work at the same time.
 */
final class Recipes {
    private Recipes() {}

    /** A create. When a step fails, the steps before it are undone, last first. */
    static List<Step<CreateStep>> create(
            BuildJournal.Note note,
            GuestBuild guest,
            ImagePlan image,
            Optional<PreparedGuest> prepared,
            GuestDevices devices,
            BootBacking backing,
            DomainRemoval removal,
            PreparedGuests pool,
            Userdata userdata) {
        List<Step<CreateStep>> recipe = new ArrayList<>();
        recipe.add(Step.of(RECORD_BUILD, note::open).undoneIfNothingIsLeft(() -> {
            devices.releasePciDevices();
            note.close();
        }));
        recipe.add(Step.of(CHECK_UUID, guest::requireNewUuid));
        prepared.ifPresentOrElse(
                ready -> recipe.add(Step.of(TAKE_PREPARED, () -> ready.takeOver(guest.uuid()))
                        .undoneBy(() -> pool.discard(ready))),
                () -> recipe.addAll(shell(guest.shell(), backing, removal)));
        GuestKind kind = GuestKind.of(guest, image);
        recipe.addAll(image(guest, kind));
        recipe.addAll(nodesAndDevices(guest, kind::writeStore, devices, removal, userdata));
        recipe.add(Step.of(BACK_BOOT, () -> guest.backBoot(backing))
                .onlyIf(backing.isOn() && guest.plan().memory().initialDebt().isMoreThan(Pages.ZERO)));
        recipe.add(Step.of(REMOVE_RECORD, note::close));
        return recipe;
    }

    /** The preparation of a domain that waits for its image and its name. */
    static List<Step<CreateStep>> prepare(
            BuildJournal.Note note, GuestShell shell, BootBacking backing, DomainRemoval removal) {
        List<Step<CreateStep>> recipe = new ArrayList<>();
        recipe.add(record(note));
        recipe.addAll(shell(shell, backing, removal));
        return recipe;
    }

    private static Step<CreateStep> record(BuildJournal.Note note) {
        return Step.of(RECORD_BUILD, note::open).undoneIfNothingIsLeft(note::close);
    }

    /** The domain with its vCPUs and a claim on its memory. */
    private static List<Step<CreateStep>> domain(
            GuestShell shell, Runnable setCpuPolicy, BootBacking backing, DomainRemoval removal) {
        return List.of(
                Step.of(CREATE_DOMAIN, shell::createDomain).undoneBy(() -> destroy(shell, removal)),
                Step.of(ALLOCATE_VCPUS, shell::allocateVcpus),
                Step.of(LIMIT_MEMORY, shell::limitMemory),
                Step.of(SIZE_PAGING_POOL, shell::sizePagingPool).onlyIf(!shell.isPv()),
                Step.of(SET_CPU_POLICY, setCpuPolicy),
                Step.of(CLAIM_MEMORY, () -> backing.awaitingReturns(shell::claimMemory)));
    }

    private static List<Step<CreateStep>> shell(GuestShell shell, BootBacking backing, DomainRemoval removal) {
        List<Step<CreateStep>> recipe = new ArrayList<>(domain(shell, shell::setCpuPolicy, backing, removal));
        recipe.add(Step.of(SET_VIRTUAL_NODES, shell::setVirtualNodes).onlyIf(shell.hasVirtualNodes()));
        recipe.add(Step.of(SET_POD_TARGET, shell::setPodTarget).onlyIf(!shell.isPv()));
        recipe.add(Step.of(POPULATE_RAM, shell::populateRam));
        recipe.add(Step.of(POPULATE_SPECIAL_PAGES, shell::populateSpecialPages).onlyIf(!shell.isPv()));
        return recipe;
    }

    private static List<Step<CreateStep>> image(GuestBuild guest, GuestKind kind) {
        List<Step<CreateStep>> recipe = new ArrayList<>();
        recipe.add(Step.of(LOAD_IMAGE, kind::loadImage));
        recipe.add(Step.of(DESCRIBE_MEMORY, () -> guest.setMemoryMap(kind.memoryMap())));
        recipe.add(Step.of(OPEN_EVENT_CHANNELS, () -> guest.openEventChannels(kind.sharedFrames())));
        recipe.addAll(kind.startingState());
        return recipe;
    }

    /** The rings of a PV guest are known once its memory is there. */
    private static List<Step<CreateStep>> pvStream(GuestBuild guest, RestoredState state) {
        return List.of(
                Step.of(READ_STREAM, state::readStream),
                Step.of(PIN_PAGE_TABLES, state::pinPageTables),
                Step.of(SET_VCPU_STATE, state::setVcpuState),
                Step.of(WRITE_START_INFO, state::writeStartInfo),
                seedGrantTable(guest));
    }

    private static List<Step<CreateStep>> stream(RestoredState state) {
        return List.of(
                Step.of(READ_STREAM, state::readStream),
                Step.of(SET_HVM_PARAMETERS, state::setHvmParams),
                Step.of(SET_VCPU_STATE, state::setVcpuState));
    }

    /** The end of a create: nodes in xenstore, then devices. All devices are attached before the first wait. */
    private static List<Step<CreateStep>> nodesAndDevices(
            GuestBuild guest, Runnable writeStore, GuestDevices devices, DomainRemoval removal, Userdata userdata) {
        List<Step<CreateStep>> recipe = new ArrayList<>();
        recipe.add(seedGrantTable(guest));
        recipe.add(verifyMemory(guest));
        recipe.addAll(nodes(guest, writeStore, removal, userdata));
        recipe.add(Step.of(INTRODUCE, guest::introduce));
        recipe.add(attachDisks(guest, devices));
        recipe.add(attachNics(guest, devices));
        recipe.add(attachOthers(guest, devices));
        recipe.add(grantHardware(guest, devices));
        recipe.add(awaitDisks(guest, devices));
        recipe.add(startDeviceModel(guest, devices));
        recipe.addAll(awaitDeviceModel(guest, devices));
        recipe.add(attachPciDevices(guest, devices));
        recipe.add(attachUsbDevices(guest, devices));
        recipe.add(connectNics(guest, devices));
        recipe.add(releaseClaim(guest));
        return recipe;
    }

    private static Step<CreateStep> seedGrantTable(GuestBuild guest) {
        return Step.of(SEED_GRANT_TABLE, guest::seedGrantTable);
    }

    private static Step<CreateStep> verifyMemory(GuestBuild guest) {
        return Step.of(VERIFY_MEMORY, guest::verifyMemory);
    }

    private static List<Step<CreateStep>> nodes(
            GuestBuild guest, Runnable writeStore, DomainRemoval removal, Userdata userdata) {
        return List.of(
                Step.of(WRITE_XENSTORE, writeStore).undoneBy(() -> removeNodes(guest, removal)),
                Step.of(STORE_CONFIG, () -> store(guest, userdata))
                        .undoneBy(() -> userdata.remove(guest.domid(), guest.uuid()))
                        .onlyIf(userdata.isOn()));
    }

    private static Step<CreateStep> attachDisks(GuestBuild guest, GuestDevices devices) {
        return Step.of(ATTACH_DISKS, devices::attachDisks)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().disks().isEmpty());
    }

    private static Step<CreateStep> prepareDisks(GuestBuild guest, GuestDevices devices) {
        return Step.of(PREPARE_DISKS, devices::prepareDisks)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().disks().isEmpty());
    }

    private static Step<CreateStep> awaitPreparedDisks(GuestBuild guest, GuestDevices devices) {
        return Step.of(AWAIT_PREPARED_DISKS, devices::awaitPreparedDisks)
                .onlyIf(!guest.plan().devices().disks().isEmpty());
    }

    private static Step<CreateStep> openDisks(GuestBuild guest, GuestDevices devices) {
        return Step.of(OPEN_DISKS, devices::openDisks)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().disks().isEmpty());
    }

    private static Step<CreateStep> attachNics(GuestBuild guest, GuestDevices devices) {
        return Step.of(ATTACH_NICS, devices::attachNics)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().nics().isEmpty());
    }

    private static Step<CreateStep> attachOthers(GuestBuild guest, GuestDevices devices) {
        return Step.of(ATTACH_OTHER_DEVICES, devices::attachOthers)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().others().isEmpty());
    }

    /** Xen takes it back when the domain is destroyed. */
    private static Step<CreateStep> grantHardware(GuestBuild guest, GuestDevices devices) {
        return Step.of(GRANT_HARDWARE, devices::grantHardware)
                .onlyIf(!guest.plan().devices().hardware().isEmpty());
    }

    private static Step<CreateStep> awaitDisks(GuestBuild guest, GuestDevices devices) {
        return Step.of(AWAIT_DISKS, devices::awaitDisks)
                .onlyIf(!guest.plan().devices().disks().isEmpty());
    }

    private static Step<CreateStep> requireDisks(GuestBuild guest, GuestDevices devices) {
        return Step.of(AWAIT_DISKS, devices::requireDisks)
                .onlyIf(!guest.plan().devices().disks().isEmpty());
    }

    private static Step<CreateStep> startDeviceModel(GuestBuild guest, GuestDevices devices) {
        return Step.of(START_DEVICE_MODEL, devices::startDeviceModel)
                .undoneBy(devices::stopDeviceModel)
                .onlyIf(guest.plan().devices().qemu().isPresent());
    }

    private static List<Step<CreateStep>> awaitDeviceModel(GuestBuild guest, GuestDevices devices) {
        DevicePlan plan = guest.plan().devices();
        boolean qemu = plan.qemu().isPresent();
        return List.of(
                Step.of(AWAIT_DEVICE_MODEL, devices::awaitDeviceModel).onlyIf(qemu),
                Step.of(AWAIT_DEVICE_MODEL_DISKS, devices::awaitQemuDisks)
                        .onlyIf(qemu
                                && guest.plan().config().type() == DomainType.PVH
                                && !devices.opensQemuDisksLate()),
                Step.of(AWAIT_OTHER_DEVICES, devices::awaitOthers)
                        .onlyIf(!plan.others().isEmpty()));
    }

    private static Step<CreateStep> loadDeviceState(GuestDevices devices) {
        return Step.of(LOAD_DEVICE_STATE, devices::loadDeviceState).onlyIf(devices.hasDeviceState());
    }

    private static Step<CreateStep> awaitDeviceState(GuestDevices devices) {
        return Step.of(AWAIT_DEVICE_STATE, devices::awaitDeviceState).onlyIf(devices.hasDeviceState());
    }

    private static Step<CreateStep> attachPciDevices(GuestBuild guest, GuestDevices devices) {
        return Step.of(ATTACH_PCI_DEVICES, devices::attachPciDevices)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().pci().isEmpty());
    }

    private static Step<CreateStep> attachUsbDevices(GuestBuild guest, GuestDevices devices) {
        return Step.of(ATTACH_USB_DEVICES, devices::attachUsbDevices)
                .undoneBy(devices::detachAll)
                .onlyIf(!guest.plan().devices().usb().controllers().isEmpty());
    }

    private static Step<CreateStep> connectNics(GuestBuild guest, GuestDevices devices) {
        return Step.of(CONNECT_NICS, devices::connectNics)
                .onlyIf(!guest.plan().devices().nics().isEmpty());
    }

    private static Step<CreateStep> releaseClaim(GuestBuild guest) {
        return Step.of(RELEASE_CLAIM, guest.shell()::releaseClaim);
    }

    /**
     * A restore: a create whose memory and vCPU state come from a stream. A guest that migrates runs while its memory is read,
     * so what does not need the memory comes before: parameters and grant table are set, network cards are connected, the
     * back ends of disks are there, and QEMU waits for the state of the devices. The kernel's disks are opened afterwards, when
     * the guest does not run, while QEMU loads its state. If a disk's script makes what QEMU opens, QEMU starts only then, and
     * makes the interface of an emulated card. The QEMU of a PVH guest opens disks when the guest is taken over.
     */
    static List<Step<CreateStep>> restore(
            BuildJournal.Note note,
            GuestBuild guest,
            RestoredState state,
            Optional<Arrivals.Expected> arriving,
            GuestDevices devices,
            BootBacking backing,
            DomainRemoval removal,
            Userdata userdata) {
        boolean early = devices.startsDeviceModelEarly();
        boolean late = devices.hasDeviceState() && !early;
        List<Step<CreateStep>> recipe = new ArrayList<>();
        recipe.add(record(note));
        recipe.add(Step.of(CHECK_UUID, guest::requireNewUuid));
        recipe.addAll(domain(guest.shell(), state::setCpuPolicy, backing, removal));
        boolean pv = guest.shell().isPv();
        recipe.add(Step.of(DESCRIBE_MEMORY, guest::describePvMemory).onlyIf(pv));
        recipe.add(Step.of(OPEN_EVENT_CHANNELS, () -> openEventChannels(guest, state)));
        if (!pv) {
            recipe.add(seedGrantTable(guest));
        }
        recipe.addAll(nodes(guest, () -> writeStore(guest, arriving.map(Arrivals.Expected::uuid)), removal, userdata));
        arriving.ifPresent(arrival -> recipe.add(Step.of(RECORD_ARRIVAL, () -> arrival.record(guest.domid()))
                .undoneBy(() -> arrival.forget(guest.domid()))));
        recipe.add(attachNics(guest, devices));
        recipe.add(prepareDisks(guest, devices));
        if (early) {
            recipe.add(attachOthers(guest, devices));
            recipe.add(startDeviceModel(guest, devices));
            recipe.addAll(awaitDeviceModel(guest, devices));
        }
        if (!late) {
            recipe.add(connectNics(guest, devices));
        }
        recipe.add(awaitPreparedDisks(guest, devices));
        recipe.addAll(pv ? pvStream(guest, state) : stream(state));
        if (early) {
            recipe.add(loadDeviceState(devices));
        }
        recipe.add(pv ? Step.of(VERIFY_MEMORY, state::verifyPvMemory) : verifyMemory(guest));
        recipe.add(Step.of(INTRODUCE, guest::introduce));
        recipe.add(openDisks(guest, devices));
        // Back ends of prepared disks wait already. Whether one has refused a disk is asked at the end, or when the
        // guest is
        // taken over.
        if (devices.hasDisksToAwait()) {
            recipe.add(awaitDisks(guest, devices));
        }
        if (!early) {
            recipe.add(attachOthers(guest, devices));
            recipe.add(startDeviceModel(guest, devices));
            recipe.addAll(awaitDeviceModel(guest, devices));
            recipe.add(loadDeviceState(devices));
        }
        recipe.add(awaitDeviceState(devices));
        if (late) {
            recipe.add(connectNics(guest, devices));
        }
        recipe.add(releaseClaim(guest));
        if (arriving.isEmpty()) {
            recipe.add(requireDisks(guest, devices));
        }
        return recipe;
    }

    private static void openEventChannels(GuestBuild guest, RestoredState state) {
        if (guest.shell().isPv()) {
            guest.openEventChannels(GuestPorts.Frames.UNKNOWN);
        } else {
            guest.openEventChannels(GuestPorts.Frames.SPECIAL_PAGES);
            state.setOwnParams();
        }
    }

    private static void writeStore(GuestBuild guest, Optional<UUID> arriving) {
        String node = new DomainPaths(guest.domid()).arriving();
        guest.writeStore(transaction -> {
            guest.plan().config().hvm().ifPresent(machine -> new HvmXenstoreNodes(
                            guest.domid(), guest.uuid(), machine, Optional.empty())
                    .write(transaction));
            arriving.ifPresent(uuid -> transaction.write(node, uuid.toString()));
        });
    }

    /** The end of a restore from a file. A guest that migrates keeps its record until the sender's permission. */
    static Step<CreateStep> removeRecord(BuildJournal.Note note) {
        return Step.of(REMOVE_RECORD, note::close);
    }

    private static void destroy(GuestShell shell, DomainRemoval removal) {
        if (shell.isCreated()) {
            removal.destroy(shell.domid());
        } else {
            removal.destroyNewborn(shell.uuid());
        }
    }

    private static void store(GuestBuild guest, Userdata userdata) {
        userdata.write(guest.domid(), guest.uuid(), LibxlConfig.of(guest.resolvedConfig()));
    }

    private static void removeNodes(GuestBuild guest, DomainRemoval removal) {
        removal.removeNodes(guest.domid(), guest.uuid());
    }

    /**
     * A removal. A step that fails keeps no other from running, except where it says so. The nodes go before the domain,
     * as with libxl: a watcher that hears of the end should find nothing left.
     */
    static List<Step<RemovalStep>> removal(DomainRemoval.Removal domain) {
        return List.of(
                Step.of(RECORD_REMOVAL, domain::begin),
                Step.of(PAUSE_DOMAIN, domain::pause).onlyIf(domain.isKnownToXen()),
                Step.of(STOP_DEVICE_MODEL, domain::stopDeviceModel),
                Step.of(DETACH_DEVICES, domain::detachDevices),
                Step.of(REMOVE_NODES, domain::removeNodes).onlyIfAllSucceeded(),
                Step.of(REMOVE_STORED_CONFIG, domain::removeStoredConfig),
                Step.of(DESTROY_DOMAIN, domain::destroy).onlyIf(domain.isKnownToXen()),
                Step.of(RELEASE_PCI_DEVICES, domain::releasePci).onlyIfAllSucceeded(),
                Step.of(CLOSE_RECORD, domain::end).onlyIfAllSucceeded());
    }
}
