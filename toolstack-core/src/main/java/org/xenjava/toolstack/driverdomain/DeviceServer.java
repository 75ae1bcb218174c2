// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.driverdomain.BackEndTree.Look;
import org.xenjava.toolstack.driverdomain.DriverDomainEvent.Kind;
import org.xenjava.toolstack.driverdomain.ServedDevice.Status;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.service.TickingService;
import org.xenjava.toolstack.store.WatchHub;

/**
 * Compares the back ends of this domain with what was done for them, and starts the work that is missing. A look depends on
 * no earlier event, so a watch that is lost with a connection only delays the work. Each device has at most one work at a
 * time; devices are independent of each other.
 */
final class DeviceServer implements TickingService.Work {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceServer.class);
    private static final List<String> KERNELS = List.of(PvDevice.CARD, PvDevice.DISK);
    private static final List<String> QEMUS = List.of(PvDevice.QEMU_DISK, PvDevice.SHARE);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);
    private static final Duration BEFORE_REPETITION = Duration.ofSeconds(2);

    private final BackEndTree tree;
    private final DeviceWork work;
    private final ServedRecords records;
    private final WatchHub events;
    private final Executor executor;
    private final DriverDomainListener listener;
    private final Map<PvDevice, Status> statuses = new ConcurrentHashMap<>();
    private final Set<PvDevice> busy = ConcurrentHashMap.newKeySet();
    private final Map<PvDevice, Instant> postponed = new ConcurrentHashMap<>();
    private volatile Instant now = Instant.EPOCH;
    private volatile Runnable wake = () -> {};
    private Optional<WatchHub.Registration> watch = Optional.empty();

    /** @param executor does the work for devices; it may run it on the calling thread */
    DeviceServer(
            BackEndTree tree,
            DeviceWork work,
            ServedRecords records,
            WatchHub events,
            Executor executor,
            DriverDomainListener listener) {
        this.tree = tree;
        this.work = work;
        this.records = records;
        this.events = events;
        this.executor = executor;
        this.listener = listener;
    }

    @Override
    public void begin(Runnable wakeUp) {
        wake = wakeUp;
    }

    @Override
    public Duration tick(InstantSource clock) {
        if (watch.isEmpty()) {
            watch = Optional.of(events.watch(tree.root(), wake));
        }
        now = clock.instant();
        Map<PvDevice, Look> looks = tree.all();
        Set<PvDevice> devices = new LinkedHashSet<>(looks.keySet());
        devices.addAll(records.all().keySet());
        statuses.keySet().removeIf(device -> !devices.contains(device));
        postponed.values().removeIf(time -> !time.isAfter(now));
        devices.forEach(device -> decide(device, Optional.ofNullable(looks.get(device))));
        // Without watches, only looks find new devices.
        return postponed.isEmpty() && !events.hasEnded() ? BETWEEN_LOOKS : BEFORE_REPETITION;
    }

    private void decide(PvDevice device, Optional<Look> look) {
        if (busy.contains(device) || postponed.containsKey(device)) {
            return;
        }
        if (look.isEmpty()) {
            start(device, Optional::isEmpty, () -> releaseGone(device));
        } else if (KERNELS.contains(device.backend())) {
            decide(device, look.get());
        } else if (QEMUS.contains(device.backend())) {
            decideUnserved(device, look.get());
        } else if (look.get().isFinished()) {
            start(device, still(Look::isFinished), () -> remove(device));
        }
    }

    private void decide(PvDevice device, Look look) {
        if (look.isFinished()) {
            start(device, still(Look::isFinished), () -> remove(device));
        } else if (look.waits()) {
            start(device, still(Look::waits), () -> connect(device));
        } else if (look.isConnected()) {
            if (statuses.get(device) != Status.CONNECTED) {
                start(device, still(Look::isConnected), () -> adopt(device));
            }
        } else {
            statuses.put(device, look.hotplugStatus().isEmpty() ? Status.WAITING : Status.FAILED);
        }
    }

    private void decideUnserved(PvDevice device, Look look) {
        if (!look.online() && look.state().compareTo(XenbusState.CLOSING) >= 0) {
            start(device, still(present -> !present.online()), () -> {
                if (work.removeUnserved(device)) {
                    tell(Kind.REMOVED, device, "");
                }
            });
        } else if (look.online() && look.hotplugStatus().isEmpty()) {
            start(
                    device,
                    still(Look::online),
                    () -> fail(
                            device,
                            "this driver domain has no QEMU for the device: use a raw image or a block device"));
        } else {
            statuses.put(device, Status.FAILED);
        }
    }

    private static Predicate<Optional<Look>> still(Predicate<Look> condition) {
        return look -> look.filter(condition).isPresent();
    }

    /**
     * Starts the work for a device.
     *
     * @param needed whether the work is still needed: the look that it follows from may be older than the end of the
     *     device's last work
     */
    private void start(PvDevice device, Predicate<Optional<Look>> needed, Runnable job) {
        busy.add(device);
        try {
            executor.execute(() -> run(device, needed, job));
        } catch (RejectedExecutionException e) {
            // The server is being closed.
            busy.remove(device);
        }
    }

    private void run(PvDevice device, Predicate<Optional<Look>> needed, Runnable job) {
        try {
            if (needed.test(tree.look(device))) {
                job.run();
            }
        } catch (OperationCancelledException e) {
            LOG.debug("{} is left to the next server", device, e);
        } catch (RuntimeException e) {
            LOG.warn("{}: {}; it is repeated", device, e.getMessage(), e);
            postponed.put(device, now.plus(BEFORE_REPETITION));
            tell(Kind.POSTPONED, device, String.valueOf(e.getMessage()));
        } finally {
            busy.remove(device);
            wake.run();
        }
    }

    private void connect(PvDevice device) {
        statuses.put(device, Status.WAITING);
        try {
            String detail = work.connect(device);
            statuses.put(device, Status.CONNECTED);
            tell(Kind.CONNECTED, device, detail);
        } catch (DeviceException e) {
            fail(device, String.valueOf(e.getMessage()));
        }
    }

    private void fail(PvDevice device, String problem) {
        work.report(device, problem);
        statuses.put(device, Status.FAILED);
        tell(Kind.FAILED, device, problem);
    }

    private void adopt(PvDevice device) {
        work.adopt(device);
        statuses.put(device, Status.CONNECTED);
        tell(Kind.ADOPTED, device, "");
    }

    private void remove(PvDevice device) {
        statuses.put(device, Status.WAITING);
        if (work.remove(device)) {
            statuses.remove(device);
            tell(Kind.REMOVED, device, "");
        }
    }

    private void releaseGone(PvDevice device) {
        work.releaseGone(device);
        statuses.remove(device);
        tell(Kind.RELEASED, device, "");
    }

    private void tell(Kind kind, PvDevice device, String detail) {
        String path = "backend/" + device.backend() + "/" + device.domid() + "/" + device.devid();
        try {
            listener.happened(new DriverDomainEvent(kind, path, detail));
        } catch (RuntimeException e) {
            LOG.error("a listener of the device server failed", e);
        }
    }

    List<ServedDevice> devices() {
        return statuses.entrySet().stream()
                .map(entry -> new ServedDevice(
                        entry.getKey().backend(),
                        entry.getKey().domid(),
                        entry.getKey().devid(),
                        entry.getValue()))
                .toList();
    }

    @Override
    public void end() {
        watch.ifPresent(WatchHub.Registration::close);
    }
}
