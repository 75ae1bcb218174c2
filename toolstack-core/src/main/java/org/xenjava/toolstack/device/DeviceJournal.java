// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ReleasedRecords;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * The changes of the host's devices that have begun and are not complete: a node {@code /tool/xenjava/pci/SSSS-BB-DD-F} or
 * {@code /tool/xenjava/usb/1-2} is the {@link Lease} of the process that moves the device, and is empty once that process has
 * failed. Its node {@code domid} names the domain that the change is about.
 *
 * @param <D> names a device; its text is in messages
 */
public final class DeviceJournal<D extends Comparable<D>> {
    private static final String ROOT = "/tool/xenjava/";

    /**
     * The names of the devices.
     *
     * @param name the name of the journal
     * @param noun the kind of device in messages
     * @param node a device's node
     * @param device the device of a node; empty if the node is none of a device
     */
    public record Names<D>(String name, String noun, Function<D, String> node, Function<String, Optional<D>> device) {}

    private final Names<D> names;
    private final StoreClient store;
    private final LeaseHolder holder;
    private final ReleasedRecords released;

    public DeviceJournal(Names<D> names, StoreClient store, ProcessIdentity processes) {
        this.names = names;
        this.store = store;
        this.holder = LeaseHolder.ofProcess(processes);
        this.released = new ReleasedRecords(store);
    }

    /**
     * Changes a device. If the check fails, there is no record, and nothing is changed or undone. If the change fails, it is
     * undone. If the undo fails as well, the device is one of {@link #unfinished}.
     *
     * @param check runs in the transaction that writes the record
     * @throws DeviceException if another change of the device is under way, or has not been cleaned up
     */
    public void change(D device, Consumer<StoreTransaction> check, Runnable change, Runnable undo) {
        change(
                device,
                check,
                () -> {
                    change.run();
                    return device;
                },
                undo);
    }

    /** Changes a device, and returns a result. */
    public <T> T change(D device, Consumer<StoreTransaction> check, Supplier<T> change, Runnable undo) {
        AtomicBoolean ours = new AtomicBoolean();
        return orGivenUp(device, ours, () -> {
            begin(device, check, ours);
            return Undo.onFailure(
                    () -> {
                        T result = change.get();
                        end(device, ours);
                        return result;
                    },
                    () -> {
                        undo.run();
                        end(device, ours);
                    });
        });
    }

    /**
     * Runs a removal's work on a device once no other process changes it. An abandoned change stays one of {@link
     * #unfinished}.
     *
     * @throws DeviceException if the other change takes longer than the wait
     */
    public void alone(D device, EjectWait wait, Runnable work) {
        AtomicBoolean ours = new AtomicBoolean();
        AtomicReference<Before> before = new AtomicReference<>(Before.BUSY);
        orGivenUp(device, ours, () -> {
            if (!wait.until(() -> before.updateAndGet(last -> takeOver(device, ours)) != Before.BUSY)) {
                throw busy(device);
            }
            work.run();
            if (before.get() == Before.LEFT) {
                released.release(path(device));
            } else {
                end(device, ours);
            }
            return device;
        });
    }

    /** Brings a change that was left to an end. Does nothing while a process changes the device. */
    public void finish(D device, Runnable recovery) {
        AtomicBoolean ours = new AtomicBoolean();
        orGivenUp(device, ours, () -> {
            if (takeOver(device, ours) != Before.BUSY) {
                recovery.run();
                end(device, ours);
            }
            return device;
        });
    }

    private <T> T orGivenUp(D device, AtomicBoolean ours, Supplier<T> work) {
        return Undo.onFailure(work, () -> {
            if (ours.get()) {
                released.release(path(device));
            }
        });
    }

    private DeviceException busy(D device) {
        return new DeviceException(names.noun() + " " + device
                + ": another process is changing it, or has failed to; run 'gc' if that process is gone");
    }

    /** @param ours becomes true when the record may exist; the commit may succeed although its answer is lost */
    private void begin(D device, Consumer<StoreTransaction> check, AtomicBoolean ours) {
        store.inTransaction(transaction -> {
            ours.set(false);
            if (transaction.exists(path(device))) {
                throw busy(device);
            }
            check.accept(transaction);
            ours.set(true);
            transaction.write(path(device), holder.signature());
            return device;
        });
    }

    /** The record of a device before it was taken over. */
    private enum Before {
        /** A process changes the device, or may do so: the record is still that process's. */
        BUSY,
        /** There was none. */
        NONE,
        /** A change was left. */
        LEFT
    }

    private Before takeOver(D device, AtomicBoolean ours) {
        Before before = store.inTransaction(transaction -> {
            ours.set(false);
            boolean noted = transaction.exists(path(device));
            if (noted && !isUnfinished(transaction, device)) {
                return Before.BUSY;
            }
            ours.set(true);
            transaction.write(path(device), holder.signature());
            return noted ? Before.LEFT : Before.NONE;
        });
        if (before != Before.BUSY) {
            released.takeBack(path(device));
        }
        return before;
    }

    /**
     * Names the domain in the record of a change, from the moment when the domain has a part of the device because of the
     * change, or loses one. A recovery takes the device from no other domain that exists.
     */
    public void name(StoreTransaction transaction, D device, int domid) {
        transaction.write(path(device) + "/domid", Integer.toString(domid));
    }

    /** Names the domain outside of a transaction. */
    public void name(D device, int domid) {
        name(store.direct(), device, domid);
    }

    /** The domain that the record of a change names. */
    public OptionalInt domain(D device) {
        return store.direct()
                .readLong(path(device) + "/domid")
                .map(domid -> OptionalInt.of(Math.toIntExact(domid)))
                .orElse(OptionalInt.empty());
    }

    /** Removes the record. The journal's directory stays. */
    private void end(D device, AtomicBoolean ours) {
        store.direct().remove(path(device));
        released.takeBack(path(device));
        ours.set(false);
    }

    /** Devices with a change that failed and was not undone, or whose process ended before the change was complete. */
    public List<D> unfinished() {
        released.retry();
        return store.list(ROOT + names.name()).stream()
                .map(names.device())
                .flatMap(Optional::stream)
                .filter(this::isUnfinished)
                .sorted()
                .toList();
    }

    public boolean isUnfinished(D device) {
        return isUnfinished(store.direct(), device);
    }

    private boolean isUnfinished(StoreTransaction transaction, D device) {
        Lease.State state = holder.lease(path(device)).state(transaction);
        return state == Lease.State.FREE && transaction.exists(path(device))
                || state == Lease.State.ABANDONED
                || state == Lease.State.OURS && released.contains(path(device));
    }

    private String path(D device) {
        return ROOT + names.name() + "/" + names.node().apply(device);
    }
}
