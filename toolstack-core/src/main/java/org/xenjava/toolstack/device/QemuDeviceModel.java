// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.ProcessIdentity;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;

/**
 * QEMU, one process for each domain. The process is in a session of its own, so that it lives on when ours ends, and is
 * found again by its arguments: {@link QemuProcesses}.
 */
public final class QemuDeviceModel implements DeviceModels {
    private static final Logger LOG = LoggerFactory.getLogger(QemuDeviceModel.class);

    /** A loaded machine reads QEMU and its libraries from a slow disk. libxl gives it a minute. */
    private static final Duration START = Duration.ofMinutes(3);

    private static final int TAIL_BYTES = 2000;

    private final StoreClient store;
    private final WatchHub events;
    private final QemuFiles files;

    /** @param events tell when QEMU reports */
    public QemuDeviceModel(StoreClient store, WatchHub events) {
        this(store, events, QemuFiles.STANDARD);
    }

    QemuDeviceModel(StoreClient store, WatchHub events, QemuFiles files) {
        this.store = store;
        this.events = events;
        this.files = files;
    }

    @Override
    public void start(int domid, QemuPlan plan) {
        DomainConfig config = plan.config();
        List<String> command = new ArrayList<>();
        command.add("setsid");
        command.add(plan.program().toString());
        command.addAll(plan.arguments(domid, files));
        LOG.debug("domain {}: {}", domid, command);
        try {
            Files.createDirectories(files.run());
            Files.createDirectories(files.log());
            removeSockets(domid);
            Path log = files.logOf(config.name());
            keepFormer(log, files.formerLogOf(config.name()));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("XEN_DOMAIN_ID", Integer.toString(domid));
            // setsid(1) becomes QEMU, with the same PID: a child of ours is no process group's leader.
            long pid = builder.start().pid();
            DomainPaths paths = new DomainPaths(domid);
            store.direct().write(paths.deviceModelPid(), Long.toString(pid));
            ProcessIdentity.of(pid).ifPresent(name -> store.direct().write(paths.deviceModelIdentity(), name));
        } catch (IOException e) {
            throw new DeviceModelException(
                    "domain " + config.name() + ": QEMU cannot be started: " + e.getMessage(), e);
        }
    }

    private static void keepFormer(Path log, Path former) throws IOException {
        try {
            Files.move(log, former, StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is the first of its name", log);
        }
    }

    @Override
    public void awaitReady(int domid, QemuPlan plan, Cancellation cancellation) {
        String state = new DomainPaths(domid).deviceModel() + "/state";
        events.await(state, START, () -> {
                    cancellation.check("waiting for QEMU of domain " + domid);
                    requireAlive(domid, plan);
                    return store.read(state).filter("running"::equals);
                })
                .orElseThrow(() -> OperationTimeoutException.after(
                        "domain " + plan.config().name() + ": QEMU has not reported", START, logged(plan)));
        plan.config().hvm().ifPresent(machine -> announce(domid, machine));
    }

    /** Lets viewers in, and writes where the screen and the serial ports are, at libxl's nodes. */
    private void announce(int domid, HvmConfig machine) {
        QemuMonitor monitor = new QemuMonitor(files.ownSocket(domid));
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

    private void requireAlive(int domid, QemuPlan plan) {
        boolean alive = store.readLong(new DomainPaths(domid).deviceModelPid())
                .flatMap(ProcessHandle::of)
                .filter(ProcessHandle::isAlive)
                .isPresent();
        if (!alive) {
            throw new DeviceModelException(
                    "domain " + plan.config().name() + ": QEMU ended before it was ready" + logged(plan));
        }
    }

    /** The last words of QEMU, which end in the reason as a rule. */
    private String logged(QemuPlan plan) {
        Path log = files.logOf(plan.config().name());
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.max(0, file.length() - TAIL_BYTES));
            byte[] tail = new byte[(int) Math.min(TAIL_BYTES, file.length() - file.getFilePointer())];
            file.readFully(tail);
            String text = new String(tail, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "; " + log + " is empty" : "; " + log + " ends in:\n" + text;
        } catch (IOException e) {
            return "; " + log + " cannot be read: " + e.getMessage();
        }
    }

    @Override
    public void stop(int domid) {
        try {
            // Whoever hears of its end sees that it was meant to.
            store.direct().remove(new DomainPaths(domid).deviceModelPid());
        } finally {
            QemuProcesses.of(domid).forEach(QemuProcess::end);
            removeSockets(domid);
        }
    }

    private void removeSockets(int domid) {
        for (Path socket : List.of(files.libxlSocket(domid), files.xenstatSocket(domid), files.ownSocket(domid))) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                throw new DeviceModelException("QEMU's socket " + socket + " cannot be removed: " + e.getMessage(), e);
            }
        }
    }

    /** Leaves those of other toolstacks alone, which may be about to end them. */
    @Override
    public void reapOrphans(Supplier<Set<Integer>> domids) {
        List<QemuProcess> ours =
                QemuProcesses.all().stream().filter(QemuProcess::isOurs).toList();
        if (ours.isEmpty()) {
            return;
        }
        // Listed after the processes, so that a domain that is born meanwhile keeps its own.
        Set<Integer> alive = domids.get();
        ours.stream().filter(process -> !alive.contains(process.domid())).forEach(process -> {
            LOG.warn("ending {}, whose domain is gone", process);
            process.end();
            removeSockets(process.domid());
        });
    }

    @Override
    public Optional<QemuProcess> process(int domid) {
        return QemuProcesses.of(domid).stream().findFirst();
    }
}
