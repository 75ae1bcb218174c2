// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.xenjava.toolstack.device.pci.PciBackend.CLOSED;
import static org.xenjava.toolstack.device.pci.PciBackend.CLOSING;
import static org.xenjava.toolstack.device.pci.PciBackend.CONNECTED;
import static org.xenjava.toolstack.device.pci.PciBackend.INITIALISED;
import static org.xenjava.toolstack.device.pci.PciBackend.INITIALISING;
import static org.xenjava.toolstack.device.pci.PciBackend.RECONFIGURED;
import static org.xenjava.toolstack.device.pci.PciBackend.RECONFIGURING;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * A request to a PV guest to release one device. xen-pciback copies the states 4, 5 and 6 of the front end, which the guest
 * writes, to its own, and keeps all devices when it does so. It writes 8 (reconfigured) only after it has given up each
 * device that is closing. So the device is released if the state 8 was seen after the request. As xen-pciback leaves it soon,
 * it is watched for and then noted at the device.
 */
final class PciRemoval {
    private final StoreClient store;
    private final WatchHub events;
    private final int domid;
    private final PciAddress address;
    private final String back;
    private boolean asked;
    private boolean renewed;

    PciRemoval(StoreClient store, WatchHub events, int domid, PciAddress address) {
        this.store = store;
        this.events = events;
        this.domid = domid;
        this.address = address;
        back = PciBackend.device(domid).backPath();
    }

    /** Whether xen-pciback may serve the device, also after the removal of the device from the list. */
    boolean isUsed() {
        return store.inTransaction(transaction -> !isReleased(transaction));
    }

    /** The removal of the last device removes the back end, with all devices that xen-pciback has for the guest. */
    private boolean isReleased(StoreTransaction transaction) {
        boolean unused = PciBackend.isUnconnected(transaction, back) || PciBackend.isIn(transaction, back, CLOSED);
        return PciBackend.find(transaction, back, address).isEmpty()
                || unused && PciBackend.count(transaction, back) == 1
                || PciBackend.isIn(transaction, back, address, CLOSED) && PciBackend.isIn(transaction, back, CONNECTED);
    }

    /**
     * Asks the front end to release the device, and waits for it.
     *
     * @return whether it has
     * @throws DeviceException if the last change is not complete in time, the release of another device is not complete, or
     *     the front end has not connected yet: nothing in xenstore shows then that xen-pciback has given up one of several
     *     devices
     */
    boolean await(Duration limit) {
        boolean released = events.await(back + "/state", limit, this::proceed).orElse(false);
        if (!released && !asked && PciBackend.isChanging(store.direct(), back)) {
            throw PciBackend.incomplete("detaching", domid, address, limit);
        }
        return released;
    }

    /** Goes as far as the states let it; returns the outcome when it is certain. */
    private Optional<Boolean> proceed() {
        ask();
        if (PciBackend.isIn(store.direct(), back, RECONFIGURED)) {
            store.inTransaction(this::note);
        }
        if (store.inTransaction(this::isReleased)) {
            return Optional.of(true);
        }
        if (!asked || !store.inTransaction(this::isUnseen)) {
            return Optional.empty();
        }
        if (renewed) {
            return Optional.of(false);
        }
        asked = false;
        ask();
        return Optional.empty();
    }

    /** Whether xen-pciback has left the state 8 before it was read, or never was in it. */
    private boolean isUnseen(StoreTransaction transaction) {
        return PciBackend.isIn(transaction, back, address, CLOSING) && PciBackend.isIn(transaction, back, CONNECTED);
    }

    private boolean note(StoreTransaction transaction) {
        boolean closing = PciBackend.isIn(transaction, back, address, CLOSING);
        if (closing) {
            write(transaction, CLOSED);
        }
        return closing;
    }

    private void ask() {
        Request request = store.inTransaction(this::ask);
        asked = request == Request.REMOVAL;
        renewed |= request == Request.RENEWAL;
    }

    /**
     * Writes a request if it can be written now. If a request was answered, but nobody has seen how, the device is first
     * given to the guest again, once. xen-pciback closes the back end then if it still has the device.
     *
     * @return the request that stands now; the transaction may run several times
     */
    private Request ask(StoreTransaction transaction) {
        if (asked) {
            return Request.REMOVAL;
        }
        if (isReleased(transaction)) {
            return Request.NONE;
        }
        if (PciBackend.isUnconnected(transaction, back)) {
            throw new DeviceException("detaching PCI device " + address + ": the guest of domain " + domid
                    + " has not connected to its PCI devices yet; try again when it has booted");
        }
        boolean closing = PciBackend.isIn(transaction, back, address, CLOSING);
        if (!PciBackend.isIn(transaction, back, CONNECTED)) {
            return closing ? Request.REMOVAL : Request.NONE;
        }
        PciBackend.requireNoneBegun("detaching", transaction, domid, address);
        Request request = closing && !renewed
                ? Request.RENEWAL
                : PciBackend.isIn(transaction, back, address, INITIALISED) ? Request.REMOVAL : Request.NONE;
        if (request != Request.NONE) {
            write(transaction, request == Request.RENEWAL ? INITIALISING : CLOSING);
            transaction.write(back + "/state", RECONFIGURING);
        }
        return request;
    }

    /** The request to the guest that stands. */
    private enum Request {
        NONE,
        /** To take the device again. */
        RENEWAL,
        /** To release the device. */
        REMOVAL
    }

    private void write(StoreTransaction transaction, String state) {
        OptionalInt found = PciBackend.find(transaction, back, address);
        found.ifPresent(index -> transaction.write(back + "/state-" + index, state));
    }

    /**
     * Withdraws the request if the guest has been paused since before it, and so cannot have noticed it. Another guest may
     * have removed the device already, before it says so: the request stays, and its next one goes on with it.
     *
     * @param unnoticed whether the guest has been paused all the time
     * @return whether the request is withdrawn, or was never written
     */
    boolean cancel(BooleanSupplier unnoticed) {
        if (!asked) {
            return !PciBackend.isIn(store.direct(), back, address, CLOSING);
        }
        boolean silent = unnoticed.getAsBoolean();
        return store.inTransaction(transaction -> {
            String front = PciBackend.device(domid).frontPath();
            boolean withdrawn = silent
                    && PciBackend.isIn(transaction, back, RECONFIGURING)
                    && !PciBackend.isIn(transaction, front, RECONFIGURING)
                    && PciBackend.isIn(transaction, back, address, CLOSING);
            if (withdrawn) {
                write(transaction, INITIALISED);
                transaction.write(back + "/state", CONNECTED);
            }
            return withdrawn;
        });
    }
}
