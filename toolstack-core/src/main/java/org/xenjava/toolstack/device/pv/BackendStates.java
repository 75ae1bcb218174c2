// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;

/** The states and errors of back ends, and the waits for them. */
final class BackendStates {
    private final StoreClient store;
    private final WatchHub events;
    private final Duration limit;

    /** @param limit the longest time to wait for a back end or a guest */
    BackendStates(StoreClient store, WatchHub events, Duration limit) {
        this.store = store;
        this.events = events;
        this.limit = limit;
    }

    XenbusState of(PvDevice device) {
        return XenbusState.of(store.readLong(device.backPath() + "/state"));
    }

    XenbusState ofFront(PvDevice device) {
        return XenbusState.of(store.readLong(device.frontPath() + "/state"));
    }

    /** The error that the back end or a hotplug script reports. */
    Optional<String> problem(PvDevice device) {
        return store.read(device.errorPath() + "/error").or(() -> store.read(device.backPath() + "/hotplug-error"));
    }

    /**
     * Waits until the back end has accepted the device.
     *
     * @param ready a further condition
     * @throws DeviceException if the back end reports an error, closes, or does not answer within the limit
     */
    void awaitProbed(PvDevice device, BooleanSupplier ready, Cancellation cancellation) {
        String attempt = "attaching " + device;
        events.await(device.backPath() + "/state", limit, () -> {
                    cancellation.check(attempt);
                    XenbusState state = requireAccepted(device);
                    boolean probed = state.compareTo(XenbusState.INIT_WAIT) >= 0;
                    return probed && ready.getAsBoolean() ? Optional.of(state) : Optional.empty();
                })
                .orElseThrow(() -> new DeviceException(attempt + ": dom0's back end has not answered within "
                        + limit.toSeconds() + " s; " + adviceFor(device)));
    }

    /**
     * Checks that the back end has not refused the device.
     *
     * @return its state
     * @throws DeviceException if it reports an error, or closes
     */
    XenbusState requireAccepted(PvDevice device) {
        XenbusState state = of(device);
        String attempt = "attaching " + device;
        problem(device).ifPresent(problem -> {
            throw new DeviceException(attempt + ": dom0's back end reports: " + problem);
        });
        if (state.compareTo(XenbusState.CONNECTED) > 0) {
            throw new DeviceException(attempt + ": dom0's back end has closed it; its kernel log may say why");
        }
        return state;
    }

    /** Waits until the back end has closed or is gone; false if the limit expires. */
    boolean awaitClosed(PvDevice device) {
        Predicate<XenbusState> closed = state -> state == XenbusState.CLOSED || state == XenbusState.UNKNOWN;
        return events.await(device.backPath() + "/state", limit, () -> Optional.of(of(device))
                        .filter(closed))
                .isPresent();
    }

    String limitInWords() {
        return limit.toSeconds() + " s";
    }

    private static String adviceFor(PvDevice device) {
        return switch (device.backend()) {
            case PvDevice.DISK -> "is the module xen-blkback loaded?";
            case PvDevice.CARD -> "is the module xen-netback loaded?";
            default -> "QEMU's log may say why";
        };
    }
}
