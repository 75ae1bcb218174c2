// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.ReleasedRecords;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The changes of PCI devices that have begun and are not complete: {@code /tool/xenjava/pci/SSSS-BB-DD-F} is the {@link
 * Lease} of the process that moves the device, and is empty once that process has failed.
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
     * Changes a device. A failure of the check changes nothing. If the change fails, it is undone. If the undo fails as
     * well, the device is one of {@link #unfinished}.
     *
     * @throws DeviceException if another change of the device is under way, or has not been cleaned up
     */
    void change(PciAddress address, Runnable check, Runnable change, Runnable undo) {
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
    <T> T change(PciAddress address, Runnable check, Supplier<T> change, Runnable undo) {
        boolean[] ours = {false};
        return Undo.onFailure(
                () -> {
                    begin(address, ours);
                    Undo.onFailure(check, () -> {
                        end(address);
                        ours[0] = false;
                    });
                    return Undo.onFailure(
                            () -> {
                                T result = change.get();
                                end(address);
                                ours[0] = false;
                                return result;
                            },
                            () -> {
                                undo.run();
                                end(address);
                                ours[0] = false;
                            });
                },
                () -> {
                    if (ours[0]) {
                        released.release(path(address));
                    }
                });
    }

    /** @param ours becomes true when the record may exist; the commit may succeed although its answer is lost */
    private void begin(PciAddress address, boolean[] ours) {
        store.inTransaction(transaction -> {
            ours[0] = true;
            if (transaction.exists(path(address))) {
                ours[0] = false;
                throw new DeviceException("PCI device " + address
                        + ": another process is changing it, or has failed to; run 'gc' if that process is gone");
            }
            transaction.write(path(address), holder.signature());
            return address;
        });
    }

    private boolean isNoted(PciAddress address) {
        return store.read(path(address)).isPresent();
    }

    /** Removes the record. The journal's directory stays. */
    void end(PciAddress address) {
        store.direct().remove(path(address));
        released.takeBack(path(address));
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
        Lease.State state = holder.lease(path(address)).state(store.direct());
        return isNoted(address) && state == Lease.State.FREE
                || state == Lease.State.ABANDONED
                || state == Lease.State.OURS && released.contains(path(address));
    }

    private static String path(PciAddress address) {
        return ROOT + "/" + PciRecords.key(address);
    }
}
