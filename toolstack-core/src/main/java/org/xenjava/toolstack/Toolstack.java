// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.create.BuildJournal;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.create.FirmwareFiles;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.QemuProcesses;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.pv.HostProbe;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainNotFoundException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.lifecycle.SupervisorContext;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.operation.OperationGate;
import org.xenjava.toolstack.pod.DebtCover;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.UnsupportedXenException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.GuestWorth;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A Xen host: creates domains and finds them. Safe to use from many threads; close it when done, its domains run on.
 *
 * <pre>{@code
 * try (Toolstack toolstack = Toolstack.open()) {
 *     Domain guest = toolstack.create(XlConfigReader.read(Path.of("guest.cfg")).config());
 *     guest.unpause();
 *     guest.lifecycle().awaitShutdown(Duration.ofHours(1));
 *     guest.destroy();
 * }
 * }</pre>
 */
public final class Toolstack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Toolstack.class);
    private static final Duration CLOSE_LIMIT = Duration.ofMinutes(1);

    private final XenLibraries libraries;
    private final ToolstackContext context;
    private final ImageFiles images = new ImageFiles();
    private final BuildJournal journal;
    private final DomainBuilder builder;
    private final SupervisorContext surroundings;
    private final DomainFinder finder;
    private final List<PodGuardService> guards = new CopyOnWriteArrayList<>();
    private final List<SupervisorService> supervisors = new CopyOnWriteArrayList<>();

    private Toolstack(Options options, XenHost host) {
        XenLibraries libraries = host.libraries();
        this.libraries = libraries;
        Xenctrl xenctrl = Xenctrl.open(libraries);
        StoreClient store = new StoreClient(libraries.store());
        WatchHub events = new WatchHub(libraries.store());
        DeviceModels deviceModels = new DeviceModels(store, events, host.deviceModels());
        HostInventory inventory = new HostProbe(host, xenctrl.abi().release().toString());
        PvHost devices = new PvHost(store, events, libraries.hostDevices(), inventory, options.deviceLimit);
        DomainRemoval removal = new DomainRemoval(xenctrl, store, devices, deviceModels);
        this.context = new ToolstackContext(
                xenctrl,
                store,
                events,
                options.podPolicy,
                options.processIdentity,
                removal,
                new DebtCover(xenctrl, store, options.processIdentity),
                deviceModels,
                devices,
                options.random,
                new OperationGate(this::release));
        this.finder = new DomainFinder(context);
        this.journal = new BuildJournal(store, context.processes());
        this.builder = new DomainBuilder(
                xenctrl,
                store,
                journal,
                options.podPolicy,
                images,
                inventory,
                devices,
                deviceModels,
                options.clock,
                options.random,
                new BootBacking(xenctrl, store, context.processes(), options.backedBoot, Toolstack::pause));
        this.surroundings = new SupervisorContext(
                xenctrl,
                store,
                options.podPolicy,
                options.processIdentity,
                builder,
                journal,
                removal,
                (domid, uuid, file) -> new Domain(context, domid, uuid).memory().dump(file),
                this::hasLostItsDevices,
                options.clock,
                context.gate().guarding(new ReentrantLock()));
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("waiting for host memory was interrupted", e);
        }
    }

    /** A QEMU that cannot be seen from here, such as one in another PID namespace, counts as running. */
    private boolean hasLostItsDevices(int domid) {
        return context.store().read(new DomainPaths(domid).deviceModelPid()).isPresent()
                && context.deviceModels().liveness(domid) == Liveness.DEAD;
    }

    /**
     * {@return the machine that this process runs on, which must be Xen's control domain; with the default options}
     */
    public static Toolstack open() {
        return options().open();
    }

    /** To open a host in another way than by default. */
    public static Options options() {
        return new Options();
    }

    /** How to open a host. */
    public static final class Options {
        private PodPolicy podPolicy = PodPolicy.standard();
        private BackedBoot backedBoot = BackedBoot.off();
        private Clock clock = Clock.systemUTC();
        private RandomGenerator random = new SecureRandom();
        private Duration deviceLimit = PvHost.LIBXL_LIMIT;
        private ProcessIdentity processIdentity = ProcessIdentity.ofProc();
        private UnaryOperator<XenLibraries> tap = UnaryOperator.identity();

        private Options() {}

        /** {@return the rule against XSA-153; {@link PodPolicy#standard()} unless told otherwise} */
        public Options podPolicy(PodPolicy value) {
            podPolicy = value;
            return this;
        }

        /**
         * {@return how far guests are backed while they boot, so that no load can crash one before its balloon driver has
         * worked; {@link BackedBoot#off()} unless told otherwise} What is lent raises a guest's max_mem until a {@link
         * Toolstack#guard guard}, of this process or another, finds it repaid.
         */
        public Options backedBoot(BackedBoot value) {
            backedBoot = value;
            return this;
        }

        /** {@return where the time in {@code start_time} comes from} */
        public Options clock(Clock value) {
            clock = value;
            return this;
        }

        /** {@return what chooses UUIDs and MAC addresses where none is given; safe to use from many threads} */
        public Options random(RandomGenerator value) {
            random = value;
            return this;
        }

        /**
         * {@return how long to wait for dom0's back ends, and for a guest to give a device back: libxl's 10 seconds unless told
         * otherwise}
         */
        public Options deviceLimit(Duration value) {
            deviceLimit = value;
            return this;
        }

        /**
         * {@return what builds under way are signed with in xenstore, so that others can tell whether their process still
         * runs: this process, unless a recording of another one is replayed}
         */
        public Options processIdentity(ProcessIdentity value) {
            processIdentity = value;
            return this;
        }

        /**
         * Puts something between the toolstack and Xen's libraries, such as a recorder of traces.
         *
         * @param value returns libraries that pass calls on to those that it is given, and close them
         */
        public Options tap(UnaryOperator<XenLibraries> value) {
            tap = value;
            return this;
        }

        /**
         * Opens the machine that this process runs on. What builds have left whose process was killed is cleaned up.
         *
         * @return the open toolstack
         * @throws XenUnavailableException if it is not a usable Xen host; the message says what is missing
         */
        public Toolstack open() {
            try {
                return open(new XenHost(
                        JnaXen.open(),
                        QemuProcesses.installed(JnaHostProcesses.open()),
                        FirmwareFiles.installed(),
                        GuestWorth.NEEDED));
            } catch (XenAccessException e) {
                throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
            }
        }

        /**
         * Opens a host: a simulated one, or one through other libraries. It is closed with the toolstack.
         *
         * @return the open toolstack
         * @throws XenUnavailableException if the Xen below is of an unsupported release
         */
        public Toolstack open(XenHost host) {
            try {
                requireSafePolicy(host);
                XenHost tapped = host.with(tap);
                Toolstack toolstack = XenFailures.translating("opening Xen", () -> new Toolstack(this, tapped));
                toolstack.context.xenctrl().limitation().ifPresent(LOG::warn);
                toolstack.recover();
                return toolstack;
            } catch (UnsupportedXenException | XenAccessException e) {
                host.close();
                throw new XenUnavailableException(Objects.requireNonNull(e.getMessage()), e);
            } catch (RuntimeException e) {
                host.close();
                throw e;
            }
        }

        private void requireSafePolicy(XenHost host) {
            if (podPolicy instanceof UnpatchedPodPolicy unpatched
                    && !unpatched.realXenAccepted()
                    && host.guests() == GuestWorth.NEEDED) {
                throw new ConfigException("the unpatched PoD policy lets users crash their guests (XSA-153); on a real "
                        + "Xen it has to be asked for with UnpatchedPodPolicy.yesLetGuestsCrashOnRealXen()");
            }
        }
    }

    /**
     * Builds a domain, as {@link #create(DomainConfig, BuildListener, Cancellation)} does, unobserved.
     *
     * @return the domain, paused
     */
    public Domain create(DomainConfig config) {
        return create(config, CreateListener.NONE, new Cancellation());
    }

    /**
     * Builds a domain and leaves it paused: {@link Domain#unpause} starts it. When the build fails or is cancelled,
     * nothing is left of it.
     *
     * @param config what to build
     * @param listener is told of each step
     * @param cancellation stops the build between two steps
     * @return the domain, paused
     * @throws org.xenjava.toolstack.error.ToolstackException if it cannot be built
     */
    public Domain create(DomainConfig config, CreateListener listener, Cancellation cancellation) {
        DomainBuilder.Built built =
                context.gate().run(cancellation, () -> builder.build(config, listener, cancellation));
        LOG.info(
                "domain {} created: '{}', {}, {} of {}",
                built.domid(),
                config.name(),
                config.type(),
                config.memory(),
                config.maxMemory());
        return new Domain(context, built.domid(), built.uuid());
    }

    /** {@return all domains, by ascending domid, dom0 included; those that are being destroyed are not} */
    public List<Domain> domains() {
        return finder.domains();
    }

    /**
     * {@return all domains' states, those that are being destroyed or wait for their last page included; one call to Xen, and
     * a look into xenstore for each}
     */
    public List<DomainStatus> statuses() {
        return finder.statuses();
    }

    /** {@return the domain with that domid, if there is one} */
    public Optional<Domain> find(int domid) {
        return finder.find(info -> info.domid() == domid);
    }

    /** {@return the domain with that UUID, if there is one} */
    public Optional<Domain> find(UUID uuid) {
        return finder.find(info -> info.handle().equals(uuid));
    }

    /** {@return the domain with that name, if there is one} */
    public Optional<Domain> find(String name) {
        return finder.find(name);
    }

    /**
     * {@return the domain that a user means: a decimal domid, a UUID, or a name}
     *
     * @throws DomainNotFoundException if there is none
     */
    public Domain resolve(String nameOrId) {
        return finder.resolve(nameOrId);
    }

    /** {@return the console of the hypervisor} */
    public XenConsole xenConsole() {
        return new XenConsole(context);
    }

    /** {@return the host} */
    public HostStatus host() {
        return context.attempting("looking at the host", () -> {
            Xenctrl xenctrl = context.xenctrl();
            PhysInfo info = xenctrl.host().physInfo();
            return new HostStatus(
                    xenctrl.abi().release() + xenctrl.host().extraVersion(),
                    info.cpus(),
                    info.cpuKhz(),
                    Pages.of(info.totalPages()),
                    Pages.of(info.freePages() + info.scrubPages()),
                    Pages.of(info.outstandingPages()));
        });
    }

    /**
     * Destroys what builds have left whose process was killed, and ends device models whose domain is gone. Opening does this already.
     *
     * @return UUIDs of what was cleaned up
     */
    public List<UUID> recover() {
        return context.attempting("cleaning up after killed builds", () -> {
            List<UUID> builds = journal.recover(context.xenctrl(), context.removal());
            // One that is dying needs no QEMU, and may be dying only because QEMU has its pages mapped.
            context.deviceModels()
                    .reapOrphans(
                            () -> finder.domains().stream().map(Domain::domid).collect(Collectors.toSet()));
            return builds;
        });
    }

    /**
     * Starts to watch over every HVM and PVH domain of the host, whoever built it, as {@link PodGuard} says: one thread,
     * until the result or this toolstack is closed. Nothing guards unless this is called.
     *
     * @param policy what it may do, such as {@link GuardPolicy#standard()}
     * @param listener is told of every change of a domain's state
     * @return the service, which the caller closes
     */
    public PodGuardService guard(GuardPolicy policy, GuardListener listener) {
        return guard(policy, GuardScope.ALL, listener);
    }

    /**
     * Starts to watch over some domains, as {@link #guard(GuardPolicy, GuardListener)} does over all.
     *
     * @return the service, which the caller closes
     */
    public PodGuardService guard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return context.gate().run(() -> {
            PodGuard guard = newGuard(policy, scope, listener);
            PodGuardService service = PodGuardService.start(guard, context.events(), sinceNow());
            guards.add(service);
            return service;
        });
    }

    /**
     * {@return a guard that somebody has to {@link PodGuard#tick tick}, in whatever time that is: a loop's, a simulation's}
     */
    public PodGuard newGuard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return new PodGuard(
                context.xenctrl(),
                context.store(),
                context.processes(),
                policy,
                scope,
                listener,
                context.locks()::tryExclusively);
    }

    /**
     * Starts to do with this library's domains that stop what their configurations say, as {@link Supervisor} says: one
     * thread, until the result or this toolstack is closed. Those that have stopped already are dealt with when this
     * returns. Nothing acts on domains that stop unless this is called.
     *
     * @param policy which domains, such as {@link SupervisionPolicy#standard()}
     * @param listener is told what is seen and done
     * @return the service, which the caller closes
     */
    public SupervisorService supervise(SupervisionPolicy policy, SupervisionListener listener) {
        return context.gate().run(() -> {
            SupervisorService service =
                    SupervisorService.start(newSupervisor(policy, listener), context.events(), sinceNow());
            supervisors.add(service);
            return service;
        });
    }

    /** {@return a supervisor that somebody has to {@link Supervisor#tick tick}, in whatever time that is} */
    public Supervisor newSupervisor(SupervisionPolicy policy, SupervisionListener listener) {
        return new Supervisor(surroundings, policy, listener);
    }

    /** Patience is not to end because somebody sets the clock. */
    private static InstantSource sinceNow() {
        long start = System.nanoTime();
        return () -> Instant.EPOCH.plusNanos(System.nanoTime() - start);
    }

    /**
     * Ends guards, supervisors and waiting operations, cancels builds and dumps, waits for what is under way, at most a
     * minute, and closes the libraries last; domains run on. Every operation begun later fails with
     * {@link XenUnavailableException}.
     */
    @Override
    public void close() {
        supervisors.forEach(SupervisorService::close);
        guards.forEach(PodGuardService::close);
        context.events().close();
        context.gate().close(CLOSE_LIMIT);
    }

    private void release() {
        images.close();
        libraries.close();
        LOG.debug("toolstack closed");
    }
}
