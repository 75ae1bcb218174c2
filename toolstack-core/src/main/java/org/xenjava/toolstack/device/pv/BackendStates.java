// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.commons.lang3.StringUtils;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.text.Visible;

/** The states and errors of back ends, and the waits for them. */
final class BackendStates {
    private static final int LONGEST_PROBLEM = 300;

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

    /** The error that the back end or a hotplug script reports. It is a driver domain's text, which dom0 does not trust. */
    Optional<String> problem(PvDevice device) {
        return store.read(device.errorPath() + "/error")
                .or(() -> store.read(device.backPath() + "/hotplug-error"))
                .map(text -> Visible.text(StringUtils.abbreviate(text, LONGEST_PROBLEM)));
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
                .orElseThrow(() -> new DeviceException(attempt + ": " + device.serverInWords()
                        + " has not answered within " + limit.toSeconds() + " s; " + adviceFor(device)));
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
            throw new DeviceException(attempt + ": " + device.serverInWords() + " reports: " + problem);
        });
        if (state.compareTo(XenbusState.CONNECTED) > 0) {
            throw new DeviceException(
                    attempt + ": " + device.serverInWords() + " has closed it; its kernel log may say why");
        }
        return state;
    }

    /** Waits until the back end has closed or is gone; false if the limit expires. */
    boolean awaitClosed(PvDevice device) {
        return await(device.backPath() + "/state", limit, () -> isClosed(device));
    }

    /** The same; false if the limit expires that several devices share. */
    boolean awaitClosed(PvDevice device, SharedLimit shared) {
        return await(device.backPath() + "/state", shared.left(), () -> isClosed(device));
    }

    private boolean isClosed(PvDevice device) {
        XenbusState state = of(device);
        return state == XenbusState.CLOSED || state == XenbusState.UNKNOWN;
    }

    /** A wait that has no time left only looks. */
    private boolean await(String path, Duration time, BooleanSupplier condition) {
        return time.isZero()
                ? condition.getAsBoolean()
                : events.await(path, time, () -> Optional.of(path).filter(any -> condition.getAsBoolean()))
                        .isPresent();
    }

    /** A limit that starts now. */
    SharedLimit sharedLimit() {
        return new SharedLimit(limit);
    }

    String limitInWords() {
        return limit.toSeconds() + " s";
    }

    /** Waits until the directory of a back end that has closed is gone; false if the shared limit expires. */
    boolean awaitRemoved(PvDevice device, SharedLimit shared) {
        return await(device.backPath(), shared.left(), () -> isGone(device));
    }

    /** Whether the nodes of the back end are gone, as when its domain has been destroyed. */
    boolean isGone(PvDevice device) {
        return store.read(device.backPath() + "/frontend").isEmpty();
    }

    private static String adviceFor(PvDevice device) {
        if (!device.isLocal()) {
            return "does that domain run, with its back-end modules and a program such as 'xlj devd'?";
        }
        return switch (device.backend()) {
            case PvDevice.DISK -> "is the module xen-blkback loaded?";
            case PvDevice.CARD -> "is the module xen-netback loaded?";
            default -> "QEMU's log may say why";
        };
    }
}
