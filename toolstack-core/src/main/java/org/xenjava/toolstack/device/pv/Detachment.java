// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.StoreClient;

/** Detaches devices in any state from domains, and releases the host's resources for them. */
final class Detachment {
    private static final Logger LOG = LoggerFactory.getLogger(Detachment.class);

    /** An attach notes at most twice what is behind a device: the loop device, and that it is ready. */
    private static final int MAX_TRIES = 5;

    private final StoreClient store;
    private final DeviceTree tree;
    private final BackendStates states;
    private final LoopDevices loops;
    private final ScriptRuns scripts;
    private final Map<String, IntConsumer> withdrawals;

    /** @param withdrawals take all devices from a domain that are passed through to it, by their kind */
    Detachment(
            StoreClient store,
            DeviceTree tree,
            BackendStates states,
            LoopDevices loops,
            ScriptRuns scripts,
            Map<String, IntConsumer> withdrawals) {
        this.withdrawals = Map.copyOf(withdrawals);
        this.scripts = scripts;
        this.store = store;
        this.tree = tree;
        this.states = states;
        this.loops = loops;
    }

    /** @throws DeviceException if the guest does not release the device and the mode lets it */
    void detach(PvDevice device, DetachMode mode) {
        // A front end without a state has no request in progress and will not answer.
        boolean silent = states.ofFront(device).compareTo(XenbusState.INITIALISING) <= 0;
        if (silent || !isClosedByGuest(device)) {
            if (!silent && mode == DetachMode.IF_GUEST_AGREES) {
                throw new DeviceException("detaching " + device + ": the guest has not released the device within "
                        + states.limitInWords() + "; stop using it in the guest (umount, ip link set down),"
                        + (device.isLocal()
                                ? ""
                                : " look whether domain " + device.server() + ", which serves it, runs,")
                        + " or detach by force");
            }
            detachByForce(List.of(device));
            return;
        }
        release(device, states.sharedLimit());
    }

    private boolean isClosedByGuest(PvDevice device) {
        boolean exists = device.isLocal()
                ? store.inTransaction(transaction -> tree.requestClose(transaction, device))
                : tree.requestRemoteClose(device);
        return !exists || states.awaitClosed(device);
    }

    /** Detaches all devices at once, also after the failure of one. */
    void detachByForce(List<PvDevice> all) {
        List<Runnable> parts = new ArrayList<>();
        List<PvDevice> devices = new ArrayList<>();
        for (PvDevice device : all) {
            Optional.ofNullable(withdrawals.get(device.kind()))
                    .ifPresentOrElse(
                            withdrawal -> parts.add(() -> withdrawal.accept(device.domid())),
                            () -> devices.add(device));
        }
        parts.add(() -> closeAll(devices));
        Undo.all(parts);
    }

    private void closeAll(List<PvDevice> devices) {
        if (devices.isEmpty()) {
            return;
        }
        // A back end of Linux that loses its front end reports that it is closed only if it was asked to close before.
        List<PvDevice> local = devices.stream().filter(PvDevice::isLocal).toList();
        if (!local.isEmpty()) {
            store.inTransaction(transaction -> {
                local.forEach(device -> tree.requestClose(transaction, device));
                return local;
            });
        }
        devices.stream().filter(device -> !device.isLocal()).forEach(tree::requestRemoteClose);
        devices.forEach(tree::removeFront);
        SharedLimit limit = states.sharedLimit();
        // dom0's first: the others have the same time to close.
        Undo.all(devices.stream()
                .sorted(Comparator.comparing(PvDevice::isLocal).reversed())
                .<Runnable>map(device -> () -> closeAndRelease(device, limit))
                .toList());
    }

    private void closeAndRelease(PvDevice device, SharedLimit remote) {
        // A QEMU that has ended never closes the device, and one that runs sees the removal.
        boolean closed = device.servedByQemu()
                || (device.isLocal() ? states.awaitClosed(device) : states.awaitClosed(device, remote));
        if (!closed) {
            LOG.warn("{}: {} does not close; removing it", device, device.serverInWords());
        }
        release(device, remote);
    }

    private void release(PvDevice device, SharedLimit remote) {
        if (device.isLocal()) {
            releaseHere(device);
            return;
        }
        // A program there runs the scripts, and removes the back end's nodes when it has done so.
        if (!states.awaitRemoved(device, remote)) {
            LOG.warn("{}: {} keeps its nodes; removing them", device, device.serverInWords());
        }
        tree.removeRemote(device);
    }

    /** The device may be attached at the same moment: a loop device that was noted meanwhile is detached as well. */
    private void releaseHere(PvDevice device) {
        scripts.detach(device);
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            LoopDevices.Noted noted = loops.noted(store.direct(), device);
            loops.detach(device, noted);
            if (tree.remove(
                    device, transaction -> loops.noted(transaction, device).equals(noted))) {
                return;
            }
        }
        throw new DeviceException("detaching " + device + ": another process is attaching it; try again");
    }
}
