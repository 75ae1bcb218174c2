// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.boot.BootFiles;
import org.xenjava.toolstack.create.placement.DeviceReservations;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.HardwareAccess;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.memory.DeviceMemory;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.operation.StepListener;
import org.xenjava.toolstack.operation.StepRunner;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.room.Room;
import org.xenjava.toolstack.room.RoomMaker;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.stream.RecordReader;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** Builds domains. The class is safe to use from many threads; each build works on a domain of its own. */
public final class DomainBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(DomainBuilder.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final BuildJournal journal;
    private final PodPolicy podPolicy;
    private final ImageFiles images;
    private final HostInventory host;
    private final PvHost devices;
    private final DeviceModels deviceModels;
    private final PciHost pci;
    private final UsbHost usb;
    private final HardwareAccess hardware;
    private final Clock clock;
    private final RandomGenerator random;
    private final BootBacking backing;
    private final DomainRemoval removal;
    private final RoomMaker rooms;
    private final Userdata userdata;
    private final DaemonDomains daemons;
    private final PreparedGuests prepared;

    /**
     * @param images reads kernels, ramdisks and firmware
     * @param host answers a plan's questions
     * @param devices attaches disks and network cards
     * @param deviceModels starts QEMU
     * @param pci attaches PCI devices of the host
     * @param usb attaches USB devices of the host
     * @param random chooses UUIDs and MAC addresses where none is given
     * @param backing lends the guests what they lack while they boot
     * @param removal undoes what a build did in Xen and xenstore
     * @param rooms makes room for guests
     * @param userdata libxl's files of the domains
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
            PciHost pci,
            UsbHost usb,
            Clock clock,
            RandomGenerator random,
            BootBacking backing,
            DomainRemoval removal,
            RoomMaker rooms,
            Userdata userdata) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.journal = journal;
        this.podPolicy = podPolicy;
        this.images = images;
        this.host = host;
        this.devices = devices;
        this.deviceModels = deviceModels;
        this.pci = pci;
        this.usb = usb;
        this.hardware = new HardwareAccess(xenctrl);
        this.clock = clock;
        this.random = random;
        this.backing = backing;
        this.removal = removal;
        this.rooms = rooms;
        this.userdata = userdata;
        this.daemons = new DaemonDomains(store);
        this.prepared = new PreparedGuests(xenctrl, store, journal, podPolicy, clock, random, backing, removal);
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
        String attempt = attempt(config);
        MemoryPlan memory = XenFailures.translating(
                attempt, () -> CreatePlan.memory(config, podPolicy, () -> reservations(config)));
        memory.deviceMemory()
                .ignored()
                .forEach(range -> LOG.warn(
                        "domain {}: the guest has RAM at 0x{}, where the host's firmware reserves memory for a device",
                        config.name(),
                        Long.toHexString(range.start())));
        BuildJournal.Note note = note(wanted, config);
        // A boot loader runs before the guest takes memory, and its files are there until the image is loaded.
        try (BootFiles files =
                XenFailures.translating(attempt, () -> BootFiles.of(config, host, journal.signature(), cancellation))) {
            return build(config, files, memory, note, listener, cancellation);
        }
    }

    private List<DeviceMemory.Reservation> reservations(DomainConfig config) {
        return new DeviceReservations(xenctrl.passthrough()).of(config);
    }

    private Built build(
            DomainConfig config,
            BootFiles files,
            MemoryPlan memory,
            BuildJournal.Note note,
            CreateListener listener,
            Cancellation cancellation) {
        String attempt = attempt(config);
        Optional<PreparedGuest> ready = XenFailures.translating(attempt, () -> prepared.take(config, memory));
        if (ready.isPresent()) {
            return buildFrom(ready.get(), files, config, note, listener, cancellation);
        }
        Runnable whenBuilt = XenFailures.translating(attempt, () -> prepared.makeRoom(memory));
        try {
            return buildInRoom(config, files, memory, note, listener, cancellation);
        } finally {
            whenBuilt.run();
        }
    }

    /** {@return the domains that wait for an image and a name} */
    public PreparedGuests prepared() {
        return prepared;
    }

    private static String attempt(DomainConfig config) {
        return "building domain " + config.name();
    }

    /** The owner replaces the domain afterwards, so that it does not slow this build down. */
    private Built buildFrom(
            PreparedGuest ready,
            BootFiles files,
            DomainConfig config,
            BuildJournal.Note note,
            CreateListener listener,
            Cancellation cancellation) {
        try {
            return Undo.onFailure(
                    () -> buildWith(files, config, note, Optional.of(ready), listener, cancellation), () -> {
                        if (!ready.isTaken()) {
                            prepared.discard(ready);
                        }
                    });
        } finally {
            ready.owner().run();
        }
    }

    private Built buildInRoom(
            DomainConfig config,
            BootFiles files,
            MemoryPlan memory,
            BuildJournal.Note note,
            CreateListener listener,
            Cancellation cancellation) {
        RoomMaker.Backing backed = backing.isOn() ? RoomMaker.Backing.WANTED : RoomMaker.Backing.NONE;
        return inRoom(
                attempt(config),
                config,
                memory,
                backed,
                cancellation,
                () -> buildWith(files, config, note, Optional.empty(), listener, cancellation));
    }

    /** Makes room for the memory of a guest while it is built, and returns the room if the build fails. */
    private Built inRoom(
            String attempt,
            DomainConfig config,
            MemoryPlan memory,
            RoomMaker.Backing backed,
            Cancellation cancellation,
            Supplier<Built> work) {
        Room room = XenFailures.translating(attempt, () -> {
            cancellation.check(attempt);
            RoomMaker.Guest guest =
                    new RoomMaker.Guest(config.name(), config.uuid().orElseThrow());
            return backing.awaitingReturns(() -> rooms.make(memory, backed, guest, cancellation));
        });
        try {
            return work.get();
        } catch (RuntimeException e) {
            room.close();
            rooms.giveBackIfOn();
            throw e;
        } finally {
            room.close();
        }
    }

    private BuildJournal.Note note(DomainConfig wanted, DomainConfig config) {
        UUID uuid = config.uuid().orElseThrow();
        return wanted.uuid().isPresent() ? journal.note(uuid) : journal.noteOfNew(uuid);
    }

    private Built buildWith(
            BootFiles files,
            DomainConfig config,
            BuildJournal.Note note,
            Optional<PreparedGuest> ready,
            CreateListener listener,
            Cancellation cancellation) {
        UUID uuid = config.uuid().orElseThrow();
        String attempt = attempt(config);
        CreatePlan plan = XenFailures.translating(
                attempt, () -> CreatePlan.of(config, files, podPolicy, images, host, () -> reservations(config)));
        GuestShell shell = ready.map(PreparedGuest::shell)
                .orElseGet(() ->
                        new GuestShell(xenctrl, store, clock, config, plan.memory(), uuid, attempt, cancellation));
        GuestBuild guest = new GuestBuild(xenctrl, store, daemons, clock, plan.guest(), shell, uuid, cancellation);
        List<Step<CreateStep>> recipe = Recipes.create(
                note,
                guest,
                plan.image(),
                ready,
                new GuestDevices(guest, devices, deviceModels, pci, usb, hardware, Optional.empty(), false),
                backing,
                removal,
                prepared,
                userdata);
        run(guest, recipe, note, attempt, listener);
        return new Built(guest.domid(), uuid);
    }

    /**
     * Builds a domain from a stream, step by step, and leaves it paused. If a step fails or the restore is cancelled,
     * nothing of it is left.
     *
     * @param wanted the configuration
     * @param reader stands behind the stream's {@code ImageStart}
     * @return the domain
     */
    public Built restore(DomainConfig wanted, RecordReader reader, CreateListener listener, Cancellation cancellation) {
        DomainConfig config = wanted.completed(random).located();
        UUID uuid = config.uuid().orElseThrow();
        BuildJournal.Note note = journal.note(uuid);
        String attempt = "restoring domain " + config.name();
        Source source = new Source(config, uuid, OptionalInt.empty(), note, reader, Optional.empty());
        return fromStream(attempt, source, listener, cancellation);
    }

    /**
     * Builds a domain from a stream for a guest that still is elsewhere, under another UUID, and leaves it paused and
     * recorded as unfinished. If a step fails, nothing of it is left.
     *
     * @param wanted the configuration
     * @param name the name of the domain until the guest is taken over
     * @param reader stands behind the stream's {@code ImageStart}
     * @param domid the number that the domain is to have; empty for any
     * @param arrivals records the guest
     * @param start whether the guest runs when it is taken over
     * @return the domain
     */
    public Arrivals.Received receive(
            DomainConfig wanted,
            String name,
            RecordReader reader,
            OptionalInt domid,
            Arrivals arrivals,
            ReceivedStart start,
            CreateListener listener,
            Cancellation cancellation) {
        DomainConfig guest = wanted.completed(random).located();
        UUID uuid = guest.uuid().orElseThrow();
        UUID builtAs = anotherUuid(uuid);
        BuildJournal.Note note = journal.noteOfNew(builtAs);
        DomainConfig config = guest.toBuilder().name(name).build();
        String attempt = "receiving domain " + guest.name();
        IntFunction<Arrivals.Received> received =
                number -> new Arrivals.Received(number, builtAs, uuid, guest.name(), note);
        Arrivals.Expected arrival = new Arrivals.Expected(uuid, received, start, arrivals);
        Built built = fromStream(
                attempt,
                new Source(config, builtAs, domid, note, reader, Optional.of(arrival)),
                listener,
                cancellation);
        return received.apply(built.domid());
    }

    /** A random UUID; version and variant stay. */
    private UUID anotherUuid(UUID uuid) {
        return new UUID(
                uuid.getMostSignificantBits() ^ random.nextLong() & ~0xf000L,
                uuid.getLeastSignificantBits() ^ random.nextLong() >>> 2);
    }

    /**
     * A stream and the domain to build from it.
     *
     * @param domid the number that the domain is to have; empty for any
     * @param arriving a guest that still is elsewhere
     */
    private record Source(
            DomainConfig config,
            UUID uuid,
            OptionalInt domid,
            BuildJournal.Note note,
            RecordReader reader,
            Optional<Arrivals.Expected> arriving) {}

    private Built fromStream(String attempt, Source source, CreateListener listener, Cancellation cancellation) {
        MemoryPlan memory =
                XenFailures.translating(attempt, () -> CreatePlan.memory(source.config(), podPolicy, List::of)
                        .restored());
        // A missing image or bridge is refused before room is made for the memory.
        GuestPlan plan = XenFailures.translating(
                attempt, () -> new GuestPlan(source.config(), memory, DevicePlan.of(source.config(), memory, host)));
        Runnable whenBuilt = XenFailures.translating(attempt, () -> prepared.makeRoom(memory));
        try {
            return inRoom(
                    attempt,
                    source.config(),
                    memory,
                    RoomMaker.Backing.NONE,
                    cancellation,
                    () -> fromStream(attempt, source, plan, listener, cancellation));
        } finally {
            whenBuilt.run();
        }
    }

    private Built fromStream(
            String attempt, Source source, GuestPlan plan, CreateListener listener, Cancellation cancellation) {
        UUID uuid = source.uuid();
        GuestShell shell =
                new GuestShell(xenctrl, store, clock, source.config(), plan.memory(), uuid, attempt, cancellation);
        source.domid().ifPresent(shell::wish);
        GuestBuild guest = new GuestBuild(xenctrl, store, daemons, clock, plan, shell, uuid, cancellation);
        RestoredState state = new RestoredState(guest, source.reader(), listener::onMemoryCompared);
        GuestDevices attached = new GuestDevices(
                guest,
                devices,
                deviceModels,
                pci,
                usb,
                hardware,
                state.devices(),
                source.arriving().isPresent());
        attached.requireReleased(attempt, source.reader().isSenderReleasingDisks());
        List<Step<CreateStep>> recipe = new ArrayList<>(
                Recipes.restore(source.note(), guest, state, source.arriving(), attached, backing, removal, userdata));
        if (source.arriving().isEmpty()) {
            recipe.add(Recipes.removeRecord(source.note()));
        }
        run(guest, recipe, source.note(), attempt, listener);
        return new Built(guest.domid(), uuid);
    }

    private static void run(
            GuestBuild guest,
            List<Step<CreateStep>> recipe,
            BuildJournal.Note note,
            String attempt,
            CreateListener listener) {
        String name = guest.plan().config().name();
        StepListener<CreateStep> progress = (step, number, total, phase) ->
                listener.onProgress(new CreateListener.Progress(name, step, number, total, phase));
        StepRunner<CreateStep> runner = new StepRunner<>(attempt, progress, guest.cancellation());
        try {
            Undo.onFailure(() -> runner.run(recipe), note::giveUp);
        } catch (ToolstackException e) {
            OptionalInt domid = guest.shell().isCreated() ? OptionalInt.of(guest.domid()) : OptionalInt.empty();
            throw e.during(new Attempt(attempt, domid, Optional.of(guest.uuid())));
        }
    }
}
