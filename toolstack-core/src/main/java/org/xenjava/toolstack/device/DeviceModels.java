// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.device.plan.ConfinementMeasure;
import org.xenjava.toolstack.device.plan.GuestScreen;
import org.xenjava.toolstack.device.plan.NamedSockets;
import org.xenjava.toolstack.device.plan.QemuConfinement;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.device.plan.QemuUser;
import org.xenjava.toolstack.device.view.VncAddress;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The QEMU processes of domains, one for each. A process runs in a session of its own, so it survives the toolstack,
 * and is found again by its arguments: {@link QemuProcesses}.
 */
public final class DeviceModels {
    /** The identity of a process that does not exist yet. */
    private static final String STARTING = "starting";

    private static final Logger LOG = LoggerFactory.getLogger(DeviceModels.class);

    /** QEMU does not run, and gets the state of its devices from its monitor. */
    private static final List<String> WAITING = List.of("-S", "-incoming", "defer");

    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(50);

    /** The longest time for QEMU's start: a loaded machine may read it from a slow disk. libxl allows one minute. */
    private static final Duration START = Duration.ofMinutes(3);

    /** How long one look at the monitor takes at most. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final StoreClient store;
    private final WatchHub events;
    private final DeviceModelProcesses processes;
    private final QemuFiles files;
    private final QemuTrials trials;

    /** The processes that wait for the state of their devices, by domain, so that no guest waits for a search. */
    private final Map<Integer, DeviceModelProcess> waiting = new ConcurrentHashMap<>();

    /**
     * @param events report QEMU's state in xenstore
     * @param processes starts and finds the host's device models
     */
    public DeviceModels(StoreClient store, WatchHub events, DeviceModelProcesses processes) {
        this(store, events, processes, QemuFiles.STANDARD);
    }

    DeviceModels(StoreClient store, WatchHub events, DeviceModelProcesses processes, QemuFiles files) {
        this.store = store;
        this.events = events;
        this.processes = processes;
        this.files = files;
        this.trials = new QemuTrials(processes, files);
    }

    /** What trial starts of QEMU show. */
    public QemuTrials trials() {
        return trials;
    }

    /**
     * Starts the device model of a domain that is complete, introduced and paused, and returns at once. After a
     * failure, {@link #stop} undoes the start.
     *
     * @return the process, for {@link #awaitReady}
     */
    public DeviceModelProcess start(int domid, QemuPlan plan) {
        return start(domid, plan, List.of());
    }

    /**
     * Starts the device model of a domain that is being restored, which may have no memory yet. It waits for the state of the
     * devices of the saved guest, loads it, and keeps the devices stopped until {@link #resumeWaiting}. Meanwhile it opens the
     * disks, but neither locks nor writes them. The next calls are {@link #awaitWaiting}, {@link #load} and {@link
     * #awaitLoaded}.
     */
    public DeviceModelProcess startWaiting(int domid, QemuPlan plan) {
        store.direct().write(new DomainPaths(domid).deviceModelWaits(), "");
        return start(domid, plan, WAITING);
    }

    private DeviceModelProcess start(int domid, QemuPlan plan, List<String> more) {
        List<String> arguments = new ArrayList<>(plan.arguments(domid, files));
        arguments.addAll(more);
        DeviceModelCommand command = new DeviceModelCommand(
                domid,
                plan.launcher(),
                plan.program(),
                List.copyOf(arguments),
                files.logOf(plan.config().name()),
                files.sockets(domid),
                Optional.of(files.root(domid)).filter(root -> plan.confinement().has(ConfinementMeasure.EMPTY_ROOT)));
        return start(command, plan.confinement());
    }

    private DeviceModelProcess start(DeviceModelCommand command, QemuConfinement confinement) {
        int domid = command.domid();
        LOG.debug("domain {}: {}", domid, command);
        DomainPaths paths = new DomainPaths(domid);
        // Before the process exists: a domain without this node has no QEMU of ours.
        store.direct().write(paths.deviceModelIdentity(), STARTING);
        DeviceModelProcess process = processes.start(command);
        if (confinement.has(ConfinementMeasure.OWN_USER)) {
            noteUser(paths, confinement.user());
        }
        store.direct().write(paths.deviceModelIdentity(), process.identity());
        store.direct().write(paths.deviceModelPid(), Long.toString(process.pid()));
        return process;
    }

    /**
     * Records the user that only this QEMU has. libxl kills by the user of its own range; on a host without that range
     * it has no user to kill from, fails, and keeps the domain, so that there it must find nothing and kill by the PID.
     */
    private void noteUser(DomainPaths paths, QemuUser user) {
        String uid = Long.toString(user.uid(paths.domid()));
        if (user.kind() != QemuUser.Kind.SHARED) {
            store.direct().write(paths.deviceModelUser(), uid);
        }
        if (user.kind() == QemuUser.Kind.RANGE) {
            store.direct().write(paths.deviceModelKillUser(), uid);
        }
    }

    /**
     * Waits until the device model serves the domain, which may then be unpaused. A QEMU that does not start with Xen's
     * restriction, unless that is required, is started again without it.
     *
     * @param process the result of {@link #start}
     * @param cancellation ends the wait, as an interrupt of the thread does
     * @throws OperationTimeoutException if it is not ready within three minutes
     */
    public void awaitReady(DeviceModelProcess process, QemuPlan plan, Cancellation cancellation) {
        awaitReady(process, plan, List.of(), cancellation);
    }

    /**
     * Waits as {@link #awaitReady(DeviceModelProcess, QemuPlan, Cancellation)} does for a device model that waits for the
     * state of its devices.
     *
     * @param process the result of {@link #startWaiting}
     * @return the process that waits: another one if QEMU was started again
     */
    public DeviceModelProcess awaitWaiting(DeviceModelProcess process, QemuPlan plan, Cancellation cancellation) {
        DeviceModelProcess ready = awaitReady(process, plan, WAITING, cancellation);
        waiting.put(ready.domid(), ready);
        return ready;
    }

    private DeviceModelProcess awaitReady(
            DeviceModelProcess process, QemuPlan plan, List<String> more, Cancellation cancellation) {
        QemuConfinement confinement = plan.confinement();
        DeviceModelProcess ready = process;
        try {
            awaitStart(process, plan, more, cancellation);
            if (confinement.has(ConfinementMeasure.XEN_RESTRICTION)) {
                trials.restrictionWorks(plan.program());
            }
        } catch (DeviceModelException e) {
            boolean required = confinement.policy() == Confinement.REQUIRED;
            if (required || !confinement.has(ConfinementMeasure.XEN_RESTRICTION)) {
                throw e;
            }
            confinement = confinement.withoutXenRestriction();
            ready = startAgain(process, plan.with(confinement), more, cancellation, e);
        }
        // Before it gets a state that others have made.
        verify(ready, confinement);
        Optional<GraphicsConfig> screen = GuestScreen.of(plan.config());
        if (screen.isPresent() && ready.hasMonitor()) {
            announce(
                    ready,
                    screen.get(),
                    plan.config().hvm().map(HvmConfig::serial).orElse(List.of()));
        }
        return ready;
    }

    /**
     * Gives a device model the state of its devices, and returns while it loads them.
     *
     * @param process the result of {@link #awaitWaiting}
     * @param state the state that another QEMU wrote
     * @throws DeviceModelException if the device model has ended, or refuses
     */
    public void load(DeviceModelProcess process, byte[] state) {
        monitor(process).load(state);
    }

    /**
     * Waits until the device model has loaded the state of its devices.
     *
     * @throws DeviceModelException if it has ended, as it does when it cannot load them
     * @throws OperationTimeoutException if it has not loaded them within three minutes
     */
    public void awaitLoaded(DeviceModelProcess process, QemuPlan plan, Cancellation cancellation) {
        long end = System.nanoTime() + START.toNanos();
        while (!hasLoaded(process)) {
            cancellation.check("waiting for QEMU of domain " + process.domid());
            requireNotDead(process, plan);
            if (System.nanoTime() > end) {
                throw OperationTimeoutException.after(
                        "domain " + plan.config().name() + ": QEMU has not loaded its devices", START, logged(plan));
            }
            LockSupport.parkNanos(BETWEEN_QUESTIONS.toNanos());
        }
    }

    private DeviceModelProcess startAgain(
            DeviceModelProcess first,
            QemuPlan plan,
            List<String> more,
            Cancellation cancellation,
            DeviceModelException reason) {
        LOG.debug("trying again without Xen's restriction", reason);
        int domid = first.domid();
        if (first.liveness() != Liveness.DEAD) {
            new QemuProcess(first).end();
        }
        DeviceModelProcess process = start(domid, plan, more);
        awaitStart(process, plan, more, cancellation);
        trials.restrictionFailed(plan.program());
        LOG.warn(
                "domain {}: QEMU is not restricted to its domain, since {} does not start with -xen-domid-restrict",
                domid,
                plan.program());
        return process;
    }

    /** A QEMU that is restricted to its domain may report nothing in xenstore, or report before it drops its rights. */
    private void awaitStart(DeviceModelProcess process, QemuPlan plan, List<String> more, Cancellation cancellation) {
        boolean asks = process.hasMonitor()
                && (more.equals(WAITING) || plan.confinement().has(ConfinementMeasure.XEN_RESTRICTION));
        String state = new DomainPaths(process.domid()).deviceModel() + "/state";
        events.await(
                        state,
                        START,
                        () -> {
                            cancellation.check("waiting for QEMU of domain " + process.domid());
                            requireNotDead(process, plan);
                            return Optional.of(process).filter(started -> asks ? answers(started) : hasReported(state));
                        },
                        listener -> {
                            process.onExit().thenRun(listener);
                            // Its sockets: the first one is ours.
                            return asks ? NewFiles.in(files.run(), listener) : () -> {};
                        })
                .orElseThrow(() -> OperationTimeoutException.after(
                        "domain " + plan.config().name() + ": QEMU has not reported", START, logged(plan)));
    }

    /**
     * Lets the devices of a domain that is about to run continue, if its device model waits for that: one from
     * {@link #startWaiting}, or any of libxl's.
     *
     * @throws DeviceModelException if the device model has ended, or cannot open its disks
     */
    public void resumeWaiting(int domid) {
        DomainPaths paths = new DomainPaths(domid);
        List<Optional<String>> nodes = store.direct()
                .readAll(List.of(paths.libxlType(), paths.deviceModelIdentity(), paths.deviceModelWaits()));
        boolean hvm = nodes.get(0).equals(Optional.of(DomainType.HVM.word()));
        boolean waits = nodes.get(2).isPresent();
        if (hvm && (waits || nodes.get(1).isEmpty())) {
            Optional<QemuProcess> process = Optional.ofNullable(waiting.remove(domid))
                    .filter(known -> known.liveness() != Liveness.DEAD)
                    .map(QemuProcess::new)
                    .or(() -> process(domid));
            if (waits) {
                process.orElseThrow(() -> new DeviceModelException("domain " + domid
                                + ": the QEMU with the devices of the saved guest has ended, or is not visible"))
                        .resume();
                store.direct().remove(paths.deviceModelWaits());
            } else {
                process.ifPresent(DeviceModels::resumeForeign);
            }
        }
    }

    /** Another client may hold the only connection to libxl's monitor, most often of a QEMU that runs. */
    private static void resumeForeign(QemuProcess process) {
        try {
            process.resumeIfPaused();
        } catch (DeviceModelException e) {
            LOG.warn("{} was not asked whether it is paused: {}", process, e.getMessage());
        }
    }

    private QemuMonitor monitor(DeviceModelProcess process) {
        return new QemuMonitor(files.ownSocket(process.domid()), ANSWER, process);
    }

    private boolean hasReported(String state) {
        return store.read(state).filter("running"::equals).isPresent();
    }

    private boolean answers(DeviceModelProcess process) {
        return succeeds(process, monitor -> {
            monitor.awaitAnswer();
            return true;
        });
    }

    private boolean hasLoaded(DeviceModelProcess process) {
        return succeeds(process, QemuMonitor::isLoaded);
    }

    /** A QEMU that is busy, or ends, may give no answer; a later question, or its end, tells more. */
    private boolean succeeds(DeviceModelProcess process, Predicate<QemuMonitor> question) {
        try {
            return question.test(monitor(process));
        } catch (DeviceModelException e) {
            LOG.debug("domain {}: {}", process.domid(), e.getMessage());
            return false;
        }
    }

    /** Compares the rights of QEMU with those that it was to keep. What cannot be seen counts as kept if it is required. */
    private static void verify(DeviceModelProcess process, QemuConfinement confinement) {
        int domid = process.domid();
        if (confinement.has(ConfinementMeasure.OWN_USER)) {
            Optional<ProcessPrivileges> seen = process.privileges();
            if (seen.isPresent()) {
                requireDropped(domid, confinement.user().uid(domid), seen.get());
            } else if (confinement.policy() == Confinement.REQUIRED) {
                throw new DeviceModelException("domain " + domid
                        + ": QEMU must be confined, but its user and capabilities cannot be read in /proc");
            } else {
                LOG.warn(
                        "domain {}: QEMU's user and capabilities cannot be read in /proc: its confinement is not verified",
                        domid);
            }
        }
        LOG.info("domain {}: QEMU's confinement: {}", domid, confinement.words());
        confinement
                .missing()
                .forEach((measure, reason) ->
                        LOG.info("domain {}: QEMU's confinement lacks: {}, since {}", domid, measure.words(), reason));
    }

    private static void requireDropped(int domid, long uid, ProcessPrivileges rights) {
        if (rights.uid() != uid || rights.capabilities() != 0) {
            throw new DeviceModelException("domain " + domid + ": QEMU was to drop its rights, but runs as user "
                    + rights.uid() + " with the capabilities 0x" + Long.toHexString(rights.capabilities()));
        }
    }

    /**
     * Sets the password for viewers, and writes the addresses of the screen and the serial ports into libxl's nodes.
     */
    private void announce(DeviceModelProcess process, GraphicsConfig screen, List<String> serial) {
        QemuMonitor monitor = new QemuMonitor(files.ownSocket(process.domid()), process);
        DomainPaths paths = new DomainPaths(process.domid());
        screen.spice()
                .flatMap(GraphicsConfig.Spice::password)
                .ifPresent(password -> monitor.setPassword("spice", password));
        screen.vnc().ifPresent(wanted -> {
            wanted.password().ifPresent(password -> monitor.setPassword("vnc", password));
            monitor.vnc().ifPresent(vnc -> {
                if (vnc instanceof VncAddress.Tcp tcp) {
                    store.direct().write(paths.vncListen(), tcp.host());
                    store.direct().write(paths.vncPort(), Integer.toString(tcp.port()));
                } else {
                    store.direct().write(paths.vncListen(), vnc.toString());
                }
            });
        });
        if (!serial.isEmpty()) {
            monitor.serialTerminals().forEach((port, tty) -> store.direct().write(paths.serialTerminal(port), tty));
        }
    }

    private void requireNotDead(DeviceModelProcess process, QemuPlan plan) {
        if (process.liveness() == Liveness.DEAD) {
            throw new DeviceModelException(
                    "domain " + plan.config().name() + ": QEMU ended before it was ready" + logged(plan));
        }
    }

    /** The end of QEMU's log, which usually has the reason. */
    private String logged(QemuPlan plan) {
        Path log = files.logOf(plan.config().name());
        try {
            String text = QemuLog.end(log);
            return text.isEmpty() ? "; " + log + " is empty" : "; " + log + " ends in:\n" + text;
        } catch (IOException e) {
            return "; " + log + " cannot be read: " + e.getMessage();
        }
    }

    /**
     * Ends the domain's device model and removes its nodes outside the domain's own trees. Called before these trees
     * are removed, because they name the process. The process may have been started by another toolstack process.
     * Does nothing if there is no device model.
     *
     * @return whether the domain may have had one
     */
    public boolean stop(int domid) {
        waiting.remove(domid);
        DomainPaths paths = new DomainPaths(domid);
        if (!mayHaveRun(paths)) {
            return false;
        }
        Undo.all(
                // A watcher of the process's end then sees that it was intended.
                () -> store.direct().remove(paths.deviceModelPid()),
                () -> endProcesses(domid, paths),
                () -> processes.removeLeftovers(files.leftovers(domid)));
        return true;
    }

    /**
     * Removes the sockets that the configuration of a guest names, whose QEMU has ended, unless another process listens. A
     * socket that cannot be removed is logged, and keeps nothing else of the guest from being removed.
     */
    public void removeSockets(DomainConfig config) {
        try {
            processes.removeSilentSockets(NamedSockets.of(config));
        } catch (DeviceModelException | InvalidPathException e) {
            LOG.warn("guest {}: sockets that its configuration names are left: {}", config.name(), e.getMessage());
        }
    }

    /** Whether a look at all processes of the host is worth its time: 30 ms and more. */
    private boolean mayHaveRun(DomainPaths paths) {
        if (files.leftovers(paths.domid()).stream().anyMatch(Files::exists)) {
            return true;
        }
        try {
            return store.direct().readAll(List.of(paths.deviceModelIdentity(), paths.deviceModelPid())).stream()
                    .anyMatch(Optional::isPresent);
        } catch (XenStoreException e) {
            LOG.debug("domain {}: xenstore does not say whether it has a QEMU", paths.domid(), e);
            return true;
        }
    }

    private void endProcesses(int domid, DomainPaths paths) {
        List<DeviceModelProcess> found = find(domid);
        found.forEach(process -> new QemuProcess(process).end());
        if (found.isEmpty() && Files.exists(files.ownSocket(domid))) {
            warnOfUnseen(paths);
        }
        if (!found.isEmpty() || Files.exists(files.ownSocket(domid))) {
            // A QEMU that a guest has taken over may have started others.
            store.readLong(paths.deviceModelUser()).ifPresent(processes::endAll);
        }
    }

    private void warnOfUnseen(DomainPaths paths) {
        store.read(paths.deviceModelIdentity())
                .filter(identity -> processes.liveness(identity) == Liveness.UNKNOWN)
                .ifPresent(identity -> LOG.warn(
                        "domain {}: the QEMU that xenstore names ({}) cannot be seen from here, and is not ended: it"
                                + " runs in another PID namespace, or /proc cannot be read",
                        paths.domid(),
                        identity));
    }

    /**
     * Finds device models of domains that are gone, if this library started them, in this or an earlier process. Device
     * models of other toolstacks are left out.
     *
     * @param domids lists the existing domains
     */
    public List<QemuProcess> orphans(Supplier<Set<Integer>> domids) {
        List<QemuProcess> ours = processes.all().stream()
                .filter(DeviceModelProcess::isTrusted)
                .map(QemuProcess::new)
                .filter(QemuProcess::isOurs)
                .toList();
        if (ours.isEmpty()) {
            return List.of();
        }
        // Listed after the processes, so that a domain created in between keeps its device model.
        Set<Integer> alive = domids.get();
        return ours.stream().filter(process -> !alive.contains(process.domid())).toList();
    }

    /** Ends one of the {@link #orphans}. */
    public void end(QemuProcess orphan) {
        orphan.end();
        processes.removeLeftovers(files.leftovers(orphan.domid()));
    }

    /** {@return the process that serves the domain, started by any toolstack; empty if there is none} */
    public Optional<QemuProcess> process(int domid) {
        return find(domid).stream().map(QemuProcess::new).findFirst();
    }

    /**
     * {@return the process that serves the domain; empty if there is none any more}
     *
     * @throws DeviceModelException if that cannot be told, because the process is not visible from here
     */
    public Optional<QemuProcess> visible(int domid) {
        Optional<QemuProcess> process = process(domid);
        if (process.isEmpty() && liveness(domid) != Liveness.DEAD) {
            throw new DeviceModelException("domain " + domid + ": its QEMU is not visible from here");
        }
        return process;
    }

    /**
     * Whether the QEMU that the domain needs runs: dead also if the domain needs none. What cannot be seen from here,
     * such as a process in another PID namespace, is unknown.
     */
    public Liveness liveness(int domid) {
        DomainPaths paths = new DomainPaths(domid);
        if (store.read(paths.deviceModelPid()).isEmpty()) {
            return Liveness.DEAD;
        }
        return store.read(paths.deviceModelIdentity())
                .map(processes::liveness)
                .orElseGet(() -> process(domid).map(QemuProcess::liveness).orElse(Liveness.UNKNOWN));
    }

    /** A process of a user that others can be needs the note of its start, which only dom0 can write. */
    private List<DeviceModelProcess> find(int domid) {
        List<DeviceModelProcess> candidates = processes.all().stream()
                .filter(process -> process.domid() == domid)
                .toList();
        if (candidates.stream().allMatch(DeviceModelProcess::isTrusted)) {
            return candidates;
        }
        Optional<String> noted = store.read(new DomainPaths(domid).deviceModelIdentity());
        return candidates.stream()
                .filter(process -> process.isTrusted() || noted.equals(Optional.of(process.identity())))
                .toList();
    }
}
