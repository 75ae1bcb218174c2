// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.pod.GuardStatus.Activity;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * Watches over every HVM and PVH domain of the host, whoever built it, until no load inside can crash it for want of
 * populate-on-demand pages (XSA-153). It has neither thread nor clock: somebody calls {@link #tick}, such as a {@link
 * PodGuardService}. What it lends is noted in xenstore only, at {@code /libxl/N/xenjava/guard}, so that another guard
 * may take over at any moment; of several at once, one acts on a domain and the others look on.
 *
 * <p>On a Xen that is newer than every description the guard watches, reports and nudges as everywhere, and lends
 * what fits a domain's max_mem as it is, under a claim. It cannot raise max_mem there, nor read how much memory the
 * host has free: a larger debt is refused with the numbers of the release, and {@link GuardPolicy#hostReserve} is not
 * applied.
 */
public final class PodGuard {
    private static final Logger LOG = LoggerFactory.getLogger(PodGuard.class);
    private static final Duration SCAN_EVERY = Duration.ofSeconds(30);
    private static final Duration SCAN_AT_MOST_EVERY = Duration.ofSeconds(1);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final GuardPolicy policy;
    private final GuardScope scope;
    private final GuardListener listener;
    private final DomainLock lock;
    private final DomainReader eyes;
    private final GuardActions hands;
    private final Map<Integer, Guarded> domains = new TreeMap<>();
    private final Set<Integer> woken = ConcurrentHashMap.newKeySet();
    private volatile boolean scanWanted;
    private Instant nextScan = Instant.MIN;
    private boolean scanned;

    /** One domain that is guarded: the state machine, and what was read last. */
    private static final class Guarded {
        private final UUID handle;
        private final GuardStateMachine machine;
        private String name = "";
        private @Nullable GuardReading last;
        private long coveredPages;
        private Inspection inspection = Inspection.NONE;

        Guarded(UUID handle, GuardStateMachine machine) {
            this.handle = handle;
            this.machine = machine;
        }

        GuardStatus status(int domid, GuardReading reading) {
            return new GuardStatus(
                    new PodStatus(domid, name, reading.counters()),
                    machine.state(),
                    coveredPages,
                    reading.running() ? Activity.RUNNING : Activity.STOPPED,
                    inspection);
        }
    }

    /**
     * For every domain of the host. Called by the toolstack.
     *
     * @param processes signs what is noted, and tells which other guards may be alive
     * @param lock held while a domain is changed
     */
    @SuppressWarnings("exports")
    public PodGuard(
            Xenctrl xenctrl,
            StoreClient store,
            ProcessIdentity processes,
            GuardPolicy policy,
            GuardListener listener,
            DomainLock lock) {
        this(xenctrl, store, processes, policy, GuardScope.ALL, listener, lock);
    }

    /** For some domains; see the other constructor. */
    @SuppressWarnings("exports")
    public PodGuard(
            Xenctrl xenctrl,
            StoreClient store,
            ProcessIdentity processes,
            GuardPolicy policy,
            GuardScope scope,
            GuardListener listener,
            DomainLock lock) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.policy = policy;
        this.scope = scope;
        this.listener = listener;
        this.lock = lock;
        this.eyes = new DomainReader(xenctrl, store);
        this.hands = new GuardActions(xenctrl, store, processes, policy);
    }

    /**
     * Looks at every domain that is due. Failures of Xen and xenstored are no reading: the domain is looked at again
     * later. A failure at one domain does not keep the others from being looked at.
     *
     * @param now never earlier than in the call before
     * @return when to call again
     */
    public synchronized Duration tick(Instant now) {
        if (scanWanted && !nextScan.equals(Instant.MIN)) {
            Instant soonest = nextScan.minus(SCAN_EVERY).plus(SCAN_AT_MOST_EVERY);
            nextScan = soonest.isBefore(nextScan) ? soonest : nextScan;
        }
        if (!now.isBefore(nextScan)) {
            scanWanted = false;
            scan(now);
            nextScan = now.plus(SCAN_EVERY);
        }
        List<Error> errors = new ArrayList<>();
        for (Integer domid : List.copyOf(domains.keySet())) {
            Guarded guarded = Objects.requireNonNull(domains.get(domid));
            if (woken.remove(domid)) {
                guarded.machine.wake(now);
            }
            if (!now.isBefore(guarded.machine.due())) {
                try {
                    look(domid, guarded, now);
                } catch (Error e) {
                    // The other domains come first; then the guard's owner is told.
                    errors.add(e);
                }
            }
        }
        if (!errors.isEmpty()) {
            throw errors.get(0);
        }
        Instant next = domains.values().stream()
                .map(guarded -> guarded.machine.due())
                .reduce(nextScan, (a, b) -> a.isBefore(b) ? a : b);
        return next.isBefore(now) ? Duration.ZERO : Duration.between(now, next);
    }

    /** Something has happened to that domain: the next tick looks at it. Safe to call from any thread. */
    public void wake(int domid) {
        woken.add(domid);
    }

    /** Domains have come or gone: the next tick sees which. Safe to call from any thread. */
    public void rescan() {
        scanWanted = true;
    }

    /**
     * {@return domains with a debt, or not yet looked at: those to {@link #wake} when their {@code memory/target} changes}
     */
    public synchronized Set<Integer> unsettled() {
        return domains.entrySet().stream()
                .filter(entry -> switch (entry.getValue().machine.state()) {
                    case BOOTING, BALLOONING, SHORT, NUDGED, GAVE_UP -> true;
                    case SETTLED, COVERED, OVERDUE, GONE -> false;
                })
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * {@return what was seen of each domain when it was looked at last; those that could never be looked at are missing}
     */
    public synchronized List<GuardStatus> statuses() {
        return domains.entrySet().stream()
                .flatMap(entry -> Optional.ofNullable(entry.getValue().last)
                        .map(reading -> entry.getValue().status(entry.getKey(), reading))
                        .stream())
                .toList();
    }

    /**
     * {@return whether it waits for nothing: every domain is safe, beyond help, or stopped; none may be there at all}
     */
    public synchronized boolean decided() {
        List<GuardStatus> seen = statuses();
        return scanned
                && seen.size() == domains.size()
                && seen.stream().allMatch(status -> status.decided(policy.mode()));
    }

    private void scan(Instant now) {
        List<DomainInfo> found;
        try {
            found = xenctrl.domains().list();
        } catch (HypercallException | XenLibException e) {
            LOG.warn("the guard cannot list the domains: {}", e.getMessage());
            return;
        }
        scanned = true;
        Map<Integer, UUID> alive = found.stream()
                .filter(info -> info.hvm() && !info.dying() && info.domid() != 0)
                .filter(info -> scope.includes(info.domid(), info.handle()))
                .collect(Collectors.toMap(DomainInfo::domid, DomainInfo::handle));
        for (Map.Entry<Integer, Guarded> entry : List.copyOf(domains.entrySet())) {
            if (!entry.getValue().handle.equals(alive.get(entry.getKey()))) {
                gone(entry.getKey(), entry.getValue());
            }
        }
        alive.forEach((domid, handle) ->
                domains.computeIfAbsent(domid, key -> new Guarded(handle, new GuardStateMachine(policy, now))));
    }

    private void look(int domid, Guarded guarded, Instant now) {
        try {
            Optional<GuardReading> reading = eyes.read(domid, guarded.handle);
            if (reading.isEmpty()) {
                gone(domid, guarded);
                return;
            }
            GuardReading seen = reading.get();
            guarded.last = seen;
            guarded.name = name(domid).orElse(guarded.name);
            guarded.coveredPages = seen.coveredPages();
            guarded.machine.look(seen, now).ifPresent(action -> {
                tell(domid, guarded);
                act(domid, guarded, action, seen, now);
            });
            tell(domid, guarded);
            tellOfMonitor(domid, guarded, seen);
            GuardStatus status = guarded.status(domid, guarded.last);
            PodReadingEvent.record(status);
            telling(() -> listener.looked(status));
        } catch (HypercallException | XenLibException | XenStoreException e) {
            LOG.debug("the guard of domain {} tries again later", domid, e);
            guarded.machine.lookFailed(now);
        } catch (RuntimeException e) {
            LOG.error("the guard failed at domain {}; it tries again later", domid, e);
            guarded.machine.lookFailed(now);
        }
    }

    private void act(int domid, Guarded guarded, GuardAction action, GuardReading seen, Instant now) {
        boolean free = lock.tryExclusively(domid, () -> {
            GuardOutcome outcome = hands.act(action, domid, seen);
            LOG.debug("domain {}: {}: {}", domid, action, outcome);
            if (action == GuardAction.COVER && outcome.equals(GuardOutcome.DONE)) {
                guarded.last = eyes.read(domid, guarded.handle).orElse(seen);
                guarded.coveredPages = guarded.last.coveredPages();
            }
            guarded.machine.done(action, outcome, now);
        });
        if (!free) {
            LOG.debug("domain {}: {} waits, as another thread changes the domain", domid, action);
            guarded.machine.done(action, GuardOutcome.STALE, now);
        }
    }

    private void gone(int domid, Guarded guarded) {
        domains.remove(domid);
        guarded.machine.gone();
        tell(domid, guarded);
        scanWanted = true;
        if (policy.mode() != GuardMode.OBSERVE) {
            try {
                hands.forget(domid);
            } catch (XenStoreException e) {
                LOG.debug("the guard's notes on domain {} could not be removed", domid, e);
            }
        }
    }

    private void tell(int domid, Guarded guarded) {
        for (GuardStateMachine.Transition transition : guarded.machine.takeTransitions()) {
            GuardReading reading = guarded.last == null ? GuardReading.NOTHING : guarded.last;
            boolean gone = transition.to() == GuardState.GONE;
            GuardEvent event = new GuardEvent(
                    domid,
                    guarded.name,
                    transition.from(),
                    transition.to(),
                    reading.debt(),
                    gone ? 0 : reading.coveredPages(),
                    guarded.inspection,
                    Optional.of(transition.why()).filter(why -> !why.isEmpty()),
                    remedy(domid, reading, transition.to()));
            announce(event);
        }
    }

    private void tellOfMonitor(int domid, Guarded guarded, GuardReading seen) {
        Inspection now = seen.monitored() ? Inspection.ATTACHED : Inspection.NONE;
        if (now != guarded.inspection) {
            guarded.inspection = now;
            GuardState state = guarded.machine.state();
            announce(new GuardEvent(
                    domid,
                    guarded.name,
                    state,
                    state,
                    seen.debt(),
                    guarded.coveredPages,
                    now,
                    Optional.empty(),
                    remedy(domid, seen, state)));
        }
    }

    private static Optional<PodRemedy> remedy(int domid, GuardReading reading, GuardState state) {
        return switch (state) {
            case SHORT, GAVE_UP -> Optional.of(PodRemedy.forShort(domid, reading.nextTarget(GuardPolicy.standard())));
            case BOOTING, BALLOONING, NUDGED, COVERED, OVERDUE, SETTLED, GONE -> Optional.empty();
        };
    }

    private void announce(GuardEvent event) {
        log(event);
        telling(() -> listener.changed(event));
    }

    private static void log(GuardEvent event) {
        Level level =
                switch (event.to()) {
                    case OVERDUE, GAVE_UP -> Level.WARN;
                    case SHORT, NUDGED, COVERED -> Level.INFO;
                    case BOOTING, BALLOONING, SETTLED, GONE -> Level.DEBUG;
                };
        LOG.atLevel(level)
                .log(
                        "domain {}: {}, {} pages short, {} lent{}",
                        event.domid(),
                        event.to(),
                        Math.max(0, event.debtPages()),
                        event.coveredPages(),
                        event.refusal().map(why -> ": " + why).orElse(""));
    }

    private static void telling(Runnable listening) {
        try {
            listening.run();
        } catch (RuntimeException e) {
            LOG.error("a guard's listener failed", e);
        }
    }

    private Optional<String> name(int domid) {
        try {
            return store.read(new DomainPaths(domid).name());
        } catch (XenStoreException e) {
            return Optional.empty();
        }
    }
}
