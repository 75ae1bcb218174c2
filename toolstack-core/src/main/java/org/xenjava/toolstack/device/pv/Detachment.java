// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.StoreClient;

/** Takes devices from domains, in whatever state they are, and what the host has provided for them. */
final class Detachment {
    private static final Logger LOG = LoggerFactory.getLogger(Detachment.class);

    private final StoreClient store;
    private final DeviceTree tree;
    private final BackendStates states;
    private final LoopDevices loops;

    Detachment(StoreClient store, DeviceTree tree, BackendStates states, LoopDevices loops) {
        this.store = store;
        this.tree = tree;
        this.states = states;
        this.loops = loops;
    }

    /** @throws DeviceException if the guest keeps it and may */
    void detach(PvDevice device, DetachMode mode) {
        // A front end that has never said a word has nothing to lose, and no word to wait for.
        boolean silent = states.ofFront(device).compareTo(XenbusState.INITIALISING) <= 0;
        if (silent || !isClosedByGuest(device)) {
            if (!silent && mode == DetachMode.IF_GUEST_AGREES) {
                throw new DeviceException("detaching " + device + ": the guest has not given it back within "
                        + states.limitInWords() + "; it does so once it no longer uses it (umount, ip link set down);"
                        + " or take it by force");
            }
            detachByForce(List.of(device));
            return;
        }
        release(device);
    }

    private boolean isClosedByGuest(PvDevice device) {
        boolean exists = store.inTransaction(transaction -> tree.requestClose(transaction, device));
        return !exists || states.awaitClosed(device);
    }

    /** Takes all of these away at once; what goes wrong with one does not keep the others. */
    void detachByForce(List<PvDevice> devices) {
        if (devices.isEmpty()) {
            return;
        }
        store.inTransaction(transaction -> {
            devices.forEach(device -> {
                transaction.remove(device.frontPath());
                tree.requestClose(transaction, device);
            });
            return devices;
        });
        Undo.all(devices.stream()
                .<Runnable>map(device -> () -> closeAndRelease(device))
                .toList());
    }

    private void closeAndRelease(PvDevice device) {
        // A QEMU that has ended says nothing, and one that runs notices.
        if (!device.servedByQemu() && !states.awaitClosed(device)) {
            LOG.warn("{}: dom0's back end does not close; removing it", device);
        }
        release(device);
    }

    private void release(PvDevice device) {
        loops.detach(device);
        tree.remove(device);
    }
}
