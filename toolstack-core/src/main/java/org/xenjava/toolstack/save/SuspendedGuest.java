// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** Lets a guest that has suspended itself run again in the same domain. */
public final class SuspendedGuest {
    /** {@code SHUTDOWN_suspend} of Xen's {@code public/sched.h}. */
    public static final int REASON = 2;

    /** {@code SHUTDOWN_crash}. */
    private static final int CRASHED = 3;

    /** The text of the request in {@code control/shutdown}. */
    static final String REQUEST = "suspend";

    /** An HVM guest takes seconds between its acknowledgement and its stop. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(SuspendedGuest.class);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final int domid;
    private final GuestEmulator emulator;

    /**
     * Names a domain.
     *
     * @param domid number of the domain
     * @param emulator emulates its devices
     */
    public SuspendedGuest(Xenctrl xenctrl, StoreClient store, int domid, GuestEmulator emulator) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.domid = domid;
        this.emulator = emulator;
    }

    /** {@return whether a guest has suspended itself} */
    public static boolean isSuspended(DomainInfo info) {
        return info.shutdown() && info.shutdownReason() == REASON;
    }

    static String request(int domid) {
        return new DomainPaths(domid).of("control/shutdown");
    }

    /** Takes the request back, unless the guest has acknowledged it; returns whether it was taken back. */
    static boolean isTakenBack(StoreClient store, int domid) {
        String node = request(domid);
        return store.inTransaction(transaction -> {
            boolean unanswered = transaction.read(node).equals(Optional.of(REQUEST));
            if (unanswered) {
                transaction.write(node, "");
            }
            return unanswered;
        });
    }

    /**
     * Takes a request back, or waits until the guest that has acknowledged it has stopped.
     *
     * @param events waits for the stop
     */
    public void takeBackRequest(WatchHub events) {
        if (!isTakenBack(store, domid)) {
            events.await(
                    "@releaseDomain", STOP_LIMIT, () -> Optional.of(isStopped()).filter(stopped -> stopped));
        }
    }

    private boolean isStopped() {
        return xenctrl.domains().info(domid).filter(info -> !info.shutdown()).isEmpty();
    }

    /**
     * Lets the guest run again if it has suspended itself. A guest with PV drivers is told that it is still in the same
     * domain, so that it reconnects nothing. A second call after one that failed completes it. A guest whose emulator has
     * ended would hang at its next access to a device: it runs no further, and counts as crashed.
     *
     * @return whether the guest was not left as crashed
     */
    public boolean isResumedIfSuspended() {
        Optional<DomainInfo> suspended = suspended();
        boolean crashing = store.direct().exists(new DomainPaths(domid).crashing());
        if (crashing || suspended.isPresent() && !emulator.isResumed()) {
            crash();
            return false;
        }
        if (suspended.isPresent()) {
            if (isAsked(suspended.get())) {
                xenctrl.state().setSuspendCancelled(domid);
            }
            xenctrl.state().resume(domid);
            LOG.debug("domain {} resumed", domid);
        }
        store.resume(domid);
        return true;
    }

    /** A guest with PV drivers is asked to suspend itself, and so is each PV guest. */
    private boolean isAsked(DomainInfo info) {
        return !info.hvm() || xenctrl.hvm().param(domid, HvmParam.CALLBACK_IRQ) != 0;
    }

    private Optional<DomainInfo> suspended() {
        return xenctrl.domains().info(domid).filter(SuspendedGuest::isSuspended);
    }

    /**
     * Xen keeps the reason of a shutdown until the domain is resumed. The pause lets no vCPU run in between. The node is
     * there from before that until the end, so that the next process completes this if it is interrupted.
     */
    private void crash() {
        String crashing = new DomainPaths(domid).crashing();
        store.direct().write(crashing, "");
        // Xen counts pauses; an earlier attempt has left one.
        if (xenctrl.domains().info(domid).filter(DomainInfo::paused).isEmpty()) {
            xenctrl.domains().pause(domid);
        }
        if (suspended().isPresent()) {
            xenctrl.state().resume(domid);
        }
        // xenstored reports the shutdown of a domain once, unless it hears of the resumption.
        store.resume(domid);
        xenctrl.domains().remoteShutdown(domid, CRASHED);
        xenctrl.domains().unpause(domid);
        store.direct().remove(crashing);
        LOG.warn("domain {} counts as crashed, because its QEMU ended while it was suspended", domid);
    }
}
