// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The QEMU processes of domains, one for each. A process runs in a session of its own, so it survives the toolstack,
 * and is found again by its arguments: {@link QemuProcesses}.
 */
public final class DeviceModels {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceModels.class);

    /** The longest time for QEMU's start: a loaded machine may read it from a slow disk. libxl allows one minute. */
    private static final Duration START = Duration.ofMinutes(3);

    private final StoreClient store;
    private final WatchHub events;
    private final DeviceModelProcesses processes;
    private final QemuFiles files;

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
    }

    /**
     * Starts the device model of a domain that is complete, introduced and paused, and returns at once. After a
     * failure, {@link #stop} undoes the start.
     */
    public void start(int domid, QemuPlan plan) {
        String name = plan.config().name();
        DeviceModelCommand command = new DeviceModelCommand(
                domid, plan.program(), plan.arguments(domid, files), files.logOf(name), files.sockets(domid));
        LOG.debug("domain {}: {}", domid, command);
        DeviceModelProcess process = processes.start(command);
        DomainPaths paths = new DomainPaths(domid);
        store.direct().write(paths.deviceModelIdentity(), process.identity());
        store.direct().write(paths.deviceModelPid(), Long.toString(process.pid()));
    }

    /**
     * Waits until the device model serves the domain, which may then be unpaused.
     *
     * @param cancellation ends the wait, as an interrupt of the thread does
     * @throws OperationTimeoutException if it is not ready within three minutes
     */
    public void awaitReady(int domid, QemuPlan plan, Cancellation cancellation) {
        String state = new DomainPaths(domid).deviceModel() + "/state";
        events.await(state, START, () -> {
                    cancellation.check("waiting for QEMU of domain " + domid);
                    requireNotDead(domid, plan);
                    return store.read(state).filter("running"::equals);
                })
                .orElseThrow(() -> OperationTimeoutException.after(
                        "domain " + plan.config().name() + ": QEMU has not reported", START, logged(plan)));
        plan.config().hvm().ifPresent(machine -> announce(domid, machine));
    }

    /**
     * Sets the password for viewers, and writes the addresses of the screen and the serial ports into libxl's nodes.
     */
    private void announce(int domid, HvmConfig machine) {
        Optional<DeviceModelProcess> process =
                find(domid).stream().filter(DeviceModelProcess::hasMonitor).findFirst();
        if (process.isEmpty()) {
            return;
        }
        QemuMonitor monitor = new QemuMonitor(files.ownSocket(domid), process.get()::connect);
        DomainPaths paths = new DomainPaths(domid);
        machine.graphics().vnc().ifPresent(wanted -> {
            wanted.password().ifPresent(monitor::setVncPassword);
            monitor.vnc().ifPresent(vnc -> {
                store.direct().write(paths.vncListen(), vnc.host());
                store.direct().write(paths.vncPort(), Integer.toString(vnc.port()));
            });
        });
        if (!machine.serial().isEmpty()) {
            monitor.serialTerminals().forEach((port, tty) -> store.direct().write(paths.serialTerminal(port), tty));
        }
    }

    private void requireNotDead(int domid, QemuPlan plan) {
        if (liveness(domid) == Liveness.DEAD) {
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
     */
    public void stop(int domid) {
        Liveness before = liveness(domid);
        List<DeviceModelProcess> found = List.of();
        try {
            found = find(domid);
            // A watcher of the process's end then sees that it was intended.
            store.direct().remove(new DomainPaths(domid).deviceModelPid());
        } finally {
            found.forEach(process -> new QemuProcess(process).end());
            processes.removeSockets(files.sockets(domid));
        }
        if (found.isEmpty() && before == Liveness.UNKNOWN) {
            LOG.warn(
                    "domain {}: the QEMU that xenstore names cannot be seen from here, and is not ended: it runs in"
                            + " another PID namespace, or /proc cannot be read",
                    domid);
        }
    }

    /**
     * Ends device models of domains that are gone, if this library started them, in this or an earlier process.
     * Device models of other toolstacks are left alone.
     *
     * @param domids lists the existing domains
     */
    public void reapOrphans(Supplier<Set<Integer>> domids) {
        List<QemuProcess> ours = processes.all().stream()
                .filter(DeviceModelProcess::isTrusted)
                .map(QemuProcess::new)
                .filter(QemuProcess::isOurs)
                .toList();
        if (ours.isEmpty()) {
            return;
        }
        // Listed after the processes, so that a domain created in between keeps its device model.
        Set<Integer> alive = domids.get();
        ours.stream().filter(process -> !alive.contains(process.domid())).forEach(process -> {
            LOG.warn("ending {}, whose domain is gone", process);
            process.end();
            processes.removeSockets(files.sockets(process.domid()));
        });
    }

    /** {@return the process that serves the domain, started by any toolstack; empty if there is none} */
    public Optional<QemuProcess> process(int domid) {
        return find(domid).stream().map(QemuProcess::new).findFirst();
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
