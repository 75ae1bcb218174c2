// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ReleasedRecords;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The changes of PCI devices that have begun and are not complete: {@code /tool/xenjava/pci/SSSS-BB-DD-F} is the {@link
 * Lease} of the process that moves the device, and is empty once that process has failed. Its node {@code domid} names the
 * domain that the change is about.
 */
final class PciJournal {
    private static final String ROOT = "/tool/xenjava/" + PciHost.JOURNAL;

    private final StoreClient store;
    private final LeaseHolder holder;
    private final ReleasedRecords released;

    PciJournal(StoreClient store, ProcessIdentity processes) {
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
    void change(PciAddress address, Consumer<StoreTransaction> check, Runnable change, Runnable undo) {
        change(
                address,
                check,
                () -> {
                    change.run();
                    return address;
                },
                undo);
    }

    /** Changes a device, and returns a result. */
    <T> T change(PciAddress address, Consumer<StoreTransaction> check, Supplier<T> change, Runnable undo) {
        AtomicBoolean ours = new AtomicBoolean();
        return orGivenUp(address, ours, () -> {
            begin(address, check, ours);
            return Undo.onFailure(
                    () -> {
                        T result = change.get();
                        end(address, ours);
                        return result;
                    },
                    () -> {
                        undo.run();
                        end(address, ours);
                    });
        });
    }

    /**
     * Does what a removal does with a device, after a change that is under way. A change that was left stays one of {@link
     * #unfinished}.
     *
     * @throws DeviceException if the other change takes longer than the wait
     */
    void alone(PciAddress address, EjectWait wait, Runnable work) {
        AtomicBoolean ours = new AtomicBoolean();
        AtomicReference<Before> before = new AtomicReference<>(Before.BUSY);
        orGivenUp(address, ours, () -> {
            if (!wait.until(() -> before.updateAndGet(last -> takeOver(address, ours)) != Before.BUSY)) {
                throw busy(address);
            }
            work.run();
            if (before.get() == Before.LEFT) {
                released.release(path(address));
            } else {
                end(address, ours);
            }
            return address;
        });
    }

    /** Brings a change that was left to an end. Does nothing while a process changes the device. */
    void finish(PciAddress address, Runnable recovery) {
        AtomicBoolean ours = new AtomicBoolean();
        orGivenUp(address, ours, () -> {
            if (takeOver(address, ours) != Before.BUSY) {
                recovery.run();
                end(address, ours);
            }
            return address;
        });
    }

    private <T> T orGivenUp(PciAddress address, AtomicBoolean ours, Supplier<T> work) {
        return Undo.onFailure(work, () -> {
            if (ours.get()) {
                released.release(path(address));
            }
        });
    }

    private static DeviceException busy(PciAddress address) {
        return new DeviceException("PCI device " + address
                + ": another process is changing it, or has failed to; run 'gc' if that process is gone");
    }

    /** @param ours becomes true when the record may exist; the commit may succeed although its answer is lost */
    private void begin(PciAddress address, Consumer<StoreTransaction> check, AtomicBoolean ours) {
        store.inTransaction(transaction -> {
            ours.set(false);
            if (transaction.exists(path(address))) {
                throw busy(address);
            }
            check.accept(transaction);
            ours.set(true);
            transaction.write(path(address), holder.signature());
            return address;
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

    private Before takeOver(PciAddress address, AtomicBoolean ours) {
        Before before = store.inTransaction(transaction -> {
            ours.set(false);
            boolean noted = transaction.exists(path(address));
            if (noted && !isUnfinished(transaction, address)) {
                return Before.BUSY;
            }
            ours.set(true);
            transaction.write(path(address), holder.signature());
            return noted ? Before.LEFT : Before.NONE;
        });
        if (before != Before.BUSY) {
            released.takeBack(path(address));
        }
        return before;
    }

    /**
     * Names the domain in the record of a change, from the moment when the domain has a part of the device because of the
     * change, or loses one. A recovery takes the device from no other domain that exists.
     */
    static void name(StoreTransaction transaction, PciAddress address, int domid) {
        transaction.write(path(address) + "/domid", Integer.toString(domid));
    }

    /** Names the domain outside of a transaction. */
    void name(PciAddress address, int domid) {
        name(store.direct(), address, domid);
    }

    /** The domain that the record of a change names. */
    OptionalInt domain(PciAddress address) {
        return store.direct()
                .readLong(path(address) + "/domid")
                .map(domid -> OptionalInt.of(Math.toIntExact(domid)))
                .orElse(OptionalInt.empty());
    }

    /** Removes the record. The journal's directory stays. */
    private void end(PciAddress address, AtomicBoolean ours) {
        store.direct().remove(path(address));
        released.takeBack(path(address));
        ours.set(false);
    }

    /** Devices that nobody moves: the process that began has failed, or is dead. */
    List<PciAddress> unfinished() {
        released.retry();
        return store.list(ROOT).stream()
                .map(PciRecords::device)
                .flatMap(Optional::stream)
                .filter(this::isUnfinished)
                .sorted()
                .toList();
    }

    boolean isUnfinished(PciAddress address) {
        return isUnfinished(store.direct(), address);
    }

    private boolean isUnfinished(StoreTransaction transaction, PciAddress address) {
        Lease.State state = holder.lease(path(address)).state(transaction);
        return state == Lease.State.FREE && transaction.exists(path(address))
                || state == Lease.State.ABANDONED
                || state == Lease.State.OURS && released.contains(path(address));
    }

    private static String path(PciAddress address) {
        return ROOT + "/" + PciRecords.key(address);
    }
}
