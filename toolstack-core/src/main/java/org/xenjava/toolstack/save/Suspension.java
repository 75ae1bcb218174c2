// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;

/**
 * Asks the guest to suspend itself and waits until it has. The two waits have a limit each: a guest
 * may acknowledge the request long before its vCPUs stop. {@code control/feature-suspend} decides nothing, because it is
 * empty after every restore.
 */
public final class Suspension {
    private static final Logger LOG = LoggerFactory.getLogger(Suspension.class);
    private static final String RELEASE = "@releaseDomain";

    private final StoreClient store;
    private final WatchHub events;
    private final int domid;
    private final String mark;
    private final Supplier<DomainInfo> info;
    private final Duration limit;
    private final Supplier<Optional<Runnable>> directly;

    /**
     * Prepares the suspension of a domain.
     *
     * @param store reads and writes xenstore
     * @param events waits for changes
     * @param domid number of the domain
     * @param mark a node that exists from the request to the stop; a process that finds it takes the request back, or waits
     *     for the stop
     * @param info reads the domain's state, and throws if the domain is gone
     * @param limit of each of the two waits
     * @param directly returns, when the guest is to be suspended, the way to stop a guest that has no driver to be asked,
     *     which then does not notice it; empty if the guest is asked
     */
    public Suspension(
            StoreClient store,
            WatchHub events,
            int domid,
            String mark,
            Supplier<DomainInfo> info,
            Duration limit,
            Supplier<Optional<Runnable>> directly) {
        this.store = store;
        this.events = events;
        this.domid = domid;
        this.mark = mark;
        this.info = info;
        this.limit = limit;
        this.directly = directly;
    }

    /**
     * Suspends the guest.
     *
     * @throws DomainStateException if the guest cannot run, or stops for another reason
     * @throws OperationTimeoutException if it does not acknowledge, and then goes on; or if it does not stop
     */
    public void suspend() {
        requireRunning();
        directly.get().ifPresentOrElse(this::stop, this::ask);
        events.await(RELEASE, limit, () -> Optional.of(info.get()).filter(DomainInfo::shutdown))
                .orElseThrow(() -> new OperationTimeoutException("domain " + domid
                        + " was to suspend itself, and did not stop within " + limit.toSeconds() + " s"));
        LOG.debug("domain {} has stopped", domid);
        store.direct().remove(mark);
        int reason = info.get().shutdownReason();
        if (reason != SuspendedGuest.REASON) {
            throw new DomainStateException(
                    "domain " + domid + " has shut down for reason " + reason + " instead of suspending");
        }
    }

    /** Stops the guest without asking it. Its vCPUs may stop later, also for another process, which finds the mark. */
    private void stop(Runnable way) {
        store.direct().write(mark, "");
        try {
            way.run();
        } catch (HypercallException e) {
            store.direct().remove(mark);
            throw e;
        }
    }

    /** Asks the guest, and waits until it acknowledges. */
    private void ask() {
        String node = SuspendedGuest.request(domid);
        store.inTransaction(transaction -> {
            transaction.write(node, SuspendedGuest.REQUEST);
            transaction.write(mark, "");
            return node;
        });
        boolean acknowledged = events.await(
                        node, limit, () -> Optional.of(isAnswered(node)).filter(answered -> answered))
                .isPresent();
        if (!acknowledged && SuspendedGuest.isTakenBack(store, domid)) {
            throw new OperationTimeoutException(
                    "domain " + domid + " did not acknowledge the request to suspend within " + limit.toSeconds()
                            + " s and goes on; it has no driver for it, or is still booting");
        }
        LOG.debug("domain {} has acknowledged the request", domid);
    }

    private void requireRunning() {
        DomainInfo now = info.get();
        if (now.shutdown()) {
            throw new DomainStateException("domain " + domid + " has shut down (reason " + now.shutdownReason()
                    + ") and cannot suspend itself");
        }
        if (now.paused()) {
            throw new DomainStateException("domain " + domid + " is paused and cannot suspend itself; unpause it");
        }
    }

    private boolean isAnswered(String node) {
        return info.get().shutdown() || !store.read(node).equals(Optional.of(SuspendedGuest.REQUEST));
    }
}
