// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.save.GuestEmulator;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/** The QEMU of a guest which is saved: it emulates the devices of an HVM guest, or serves disks of another one. */
public final class SavedQemu implements GuestEmulator {
    private static final Logger LOG = LoggerFactory.getLogger(SavedQemu.class);

    /** The QEMU of xl's receiver locks the disks early, and ends some time after its failure. */
    private static final Duration LOCK_LIMIT = Duration.ofMinutes(1);

    /** QEMU may have begun a log. Beginning it again is harmless, except with QEMU 6.2. */
    private static final String BEGINS = "begins";

    /** QEMU keeps a log. */
    private static final String LOGS = "logs";

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(200);

    private final StoreClient store;
    private final DeviceModels deviceModels;
    private final int domid;
    private final boolean emulates;
    private Optional<QemuProcess> found = Optional.empty();

    /** The images that the guest writes through QEMU. */
    private List<Path> images = List.of();

    private SavedQemu(StoreClient store, DeviceModels deviceModels, int domid, boolean emulates) {
        this.store = store;
        this.deviceModels = deviceModels;
        this.domid = domid;
        this.emulates = emulates;
    }

    /**
     * {@return the emulator of a domain} The QEMU of a PV or PVH guest counts if it serves a disk that the guest may write: it
     * has no state that a stream needs, and Xen logs what it writes to the guest's memory.
     *
     * @param domid number of the domain
     */
    public static GuestEmulator of(StoreClient store, DeviceModels deviceModels, int domid) {
        boolean hvm = store.read(new DomainPaths(domid).libxlType())
                .filter(DomainType.HVM.word()::equals)
                .isPresent();
        return hvm || new QemuDisks(store, domid).areThereAny()
                ? new SavedQemu(store, deviceModels, domid, hvm)
                : GuestEmulator.none();
    }

    @Override
    public void find(Disks disks) {
        found = deviceModels.process(domid);
        QemuProcess qemu = required();
        // Before QEMU 9.0, "cont" does nothing in that state, so that the disks would stay released after a failure.
        if (qemu.sleeps() && disks == Disks.RELEASED) {
            throw new DomainStateException("domain " + domid + ": the guest sleeps; wake it, or save and restore it");
        }
        if (disks == Disks.RELEASED && !qemu.canReleaseDisks()) {
            throw new DomainStateException(
                    "domain " + domid + ": its QEMU, process " + qemu.pid()
                            + ", has other rights than root and could not open its disks again if the migration failed; save and restore the guest");
        }
        if (disks == Disks.RELEASED) {
            images = new QemuDisks(store, domid).images();
        }
    }

    private QemuProcess required() {
        return found.orElseThrow(this::unseen);
    }

    private DeviceModelException unseen() {
        return new DeviceModelException("domain " + domid + ": no QEMU serves its devices, or it is not visible");
    }

    private String logs() {
        return new DomainPaths(domid).deviceModelLogsWrites();
    }

    /** The node is there from before the log begins until after it has ended. */
    @Override
    public void logWrites() {
        if (!emulates) {
            return;
        }
        endWriteLog();
        store.direct().write(logs(), BEGINS);
        required().logWrites();
        store.direct().write(logs(), LOGS);
    }

    /** QEMU completes what the guest has asked its disks for, and flushes them, before it has stopped. */
    @Override
    public Optional<Blob> stop(Disks disks) {
        QemuProcess qemu = required();
        qemu.stop();
        if (disks == Disks.RELEASED) {
            Blob state = Blob.of(qemu.deviceStateReleasingDisks());
            // QEMU writes to an image's header when it gives the image up.
            images.forEach(QemuDisks::flush);
            return Optional.of(state).filter(any -> emulates);
        }
        return emulates ? Optional.of(Blob.of(qemu.deviceState())) : Optional.empty();
    }

    /** QEMU does not continue while another one holds the lock of a disk. */
    @Override
    public boolean isResumed() {
        Optional<QemuProcess> qemu = running();
        long end = System.nanoTime() + LOCK_LIMIT.toNanos();
        while (qemu.isPresent() && !continues(qemu.get(), end)) {
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
            qemu = running();
        }
        return qemu.isPresent();
    }

    private boolean continues(QemuProcess qemu, long end) {
        try {
            qemu.resume();
            return true;
        } catch (DeviceModelException e) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            LOG.debug("domain {}: trying again to let its QEMU continue", domid, e);
            return false;
        }
    }

    /** A QEMU that is not visible, such as one in another PID namespace, may be stopped; one that has ended is not. */
    private Optional<QemuProcess> running() {
        found = found.filter(qemu -> qemu.liveness() != Liveness.DEAD).or(() -> deviceModels.process(domid));
        if (found.isEmpty()) {
            if (deviceModels.liveness(domid) != Liveness.DEAD) {
                throw unseen();
            }
            LOG.warn("domain {}: its QEMU has ended", domid);
        }
        return found;
    }

    @Override
    public void endWriteLog() {
        store.read(logs()).ifPresent(state -> {
            running().ifPresent(qemu -> {
                if (!state.equals(LOGS)) {
                    qemu.logWrites();
                }
                qemu.endWriteLog();
            });
            store.direct().remove(logs());
        });
    }
}
