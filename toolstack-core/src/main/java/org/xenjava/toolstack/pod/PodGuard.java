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
 * Watches HVM and PVH domains of the host, built by any toolstack, until no load inside can crash them for want of
 * populate-on-demand pages (XSA-153). The class has neither thread nor clock: a {@link PodGuardService} or another
 * caller calls {@link #tick}. Loans are recorded in xenstore only, at {@code /libxl/N/xenjava/guard}, so another
 * guard can take over at any moment. If several guards run, one acts on a domain and the others only read it.
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
    private final DomainReader reader;
    private final GuardActions actions;
    private final Map<Integer, Guarded> domains = new TreeMap<>();
    private final Set<Integer> woken = ConcurrentHashMap.newKeySet();
    private volatile boolean scanWanted;
    private Instant nextScan = Instant.MIN;
    private boolean scanned;

    /** One guarded domain: the state machine and the latest reading. */
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
     * Creates a guard of all domains of the host. The toolstack calls this.
     *
     * @param xenctrl the hypercalls
     * @param store xenstore
     * @param processes signs records, and shows which other guards may be alive
     * @param policy the measures that the guard may take
     * @param listener receives readings and changes of state
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

    /**
     * Creates a guard of some domains of the host. The toolstack calls this.
     *
     * @param xenctrl the hypercalls
     * @param store xenstore
     * @param processes signs records, and shows which other guards may be alive
     * @param policy the measures that the guard may take
     * @param scope chooses the domains
     * @param listener receives readings and changes of state
     * @param lock held while a domain is changed
     */
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
        this.reader = new DomainReader(xenctrl, store);
        this.actions = new GuardActions(xenctrl, store, processes, policy);
    }

    /**
     * Reads every domain that is due and acts on it. If Xen or xenstored fails, the domain is read again later, and
     * the other domains are read in any case.
     *
     * @param now the time, never earlier than in the previous call
     * @return the time until the next call
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
        List<Integer> due = due(now);
        Map<Integer, DomainReader.StoreNodes> nodes = nodes(due, now);
        List<Error> errors = new ArrayList<>();
        for (Integer domid : due) {
            try {
                look(domid, Objects.requireNonNull(domains.get(domid)), nodes, now);
            } catch (Error e) {
                // The other domains are read first; then the error ends the guard.
                errors.add(e);
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

    private List<Integer> due(Instant now) {
        List<Integer> due = new ArrayList<>();
        domains.forEach((domid, guarded) -> {
            if (woken.remove(domid)) {
                guarded.machine.wake(now);
            }
            if (!now.isBefore(guarded.machine.due())) {
                due.add(domid);
            }
        });
        return due;
    }

    /** Reads the nodes of all domains in one go; if that fails, each domain's nodes are read with the domain. */
    private Map<Integer, DomainReader.StoreNodes> nodes(List<Integer> due, Instant now) {
        try {
            return reader.nodes(
                    due,
                    domid -> Objects.requireNonNull(domains.get(domid)).machine.mayAct(now));
        } catch (XenStoreException e) {
            LOG.debug("the guard reads the nodes of each domain by itself", e);
            return Map.of();
        }
    }

    /**
     * Makes the next tick read a domain, after an event of the domain. Safe to call from any thread.
     *
     * @param domid number of the domain
     */
    public void wake(int domid) {
        woken.add(domid);
    }

    /** Makes the next tick list the domains, after domains have come or gone. Safe to call from any thread. */
    public void rescan() {
        scanWanted = true;
    }

    /**
     * {@return the domains with a debt or without a reading, which the caller {@link #wake wakes} when their {@code
     * memory/target} changes}
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

    /** {@return the latest reading of each domain, without domains that were never read} */
    public synchronized List<GuardStatus> statuses() {
        return domains.entrySet().stream()
                .flatMap(entry -> Optional.ofNullable(entry.getValue().last)
                        .map(reading -> entry.getValue().status(entry.getKey(), reading))
                        .stream())
                .toList();
    }

    /**
     * {@return whether the guard expects no further change: every domain, if there is any, is safe, given up or
     * stopped}
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
        readNames();
    }

    /** Names are for reports only, so they are read at each scan, all in one go. */
    private void readNames() {
        List<Integer> domids = List.copyOf(domains.keySet());
        try {
            List<Optional<String>> names = store.direct()
                    .readAll(domids.stream()
                            .map(domid -> new DomainPaths(domid).name())
                            .toList());
            for (int i = 0; i < domids.size(); i++) {
                Guarded guarded = Objects.requireNonNull(domains.get(domids.get(i)));
                guarded.name = names.get(i).orElse(guarded.name);
            }
        } catch (XenStoreException e) {
            LOG.debug("the guard reads the domains' names again later", e);
        }
    }

    private void look(int domid, Guarded guarded, Map<Integer, DomainReader.StoreNodes> nodes, Instant now) {
        try {
            Optional<GuardReading> reading = nodes.containsKey(domid)
                    ? reader.read(domid, guarded.handle, () -> Objects.requireNonNull(nodes.get(domid)))
                    : reader.read(domid, guarded.handle);
            if (reading.isEmpty()) {
                gone(domid, guarded);
                return;
            }
            GuardReading seen = reading.get();
            guarded.last = seen;
            guarded.coveredPages = seen.coveredPages();
            guarded.machine.look(seen, now).ifPresent(action -> {
                report(domid, guarded);
                act(domid, guarded, action, seen, now);
            });
            report(domid, guarded);
            reportMonitor(domid, guarded, seen);
            GuardStatus status = guarded.status(domid, guarded.last);
            PodReadingEvent.record(status);
            notifying(() -> listener.looked(status));
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
            GuardOutcome outcome = actions.act(action, domid, seen);
            LOG.debug("domain {}: {}: {}", domid, action, outcome);
            if (action == GuardAction.COVER && outcome.equals(GuardOutcome.DONE)) {
                guarded.last = reader.read(domid, guarded.handle).orElse(seen);
                guarded.coveredPages = guarded.last.coveredPages();
            }
            guarded.machine.done(action, outcome, now);
        });
        if (!free) {
            LOG.debug("domain {}: {} waits: another thread changes the domain", domid, action);
            guarded.machine.done(action, GuardOutcome.STALE, now);
        }
    }

    private void gone(int domid, Guarded guarded) {
        domains.remove(domid);
        guarded.machine.gone();
        report(domid, guarded);
        scanWanted = true;
        if (policy.mode() != GuardMode.OBSERVE) {
            try {
                actions.forget(domid);
            } catch (XenStoreException e) {
                LOG.debug("the guard's record of domain {} could not be removed", domid, e);
            }
        }
    }

    private void report(int domid, Guarded guarded) {
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

    private void reportMonitor(int domid, Guarded guarded, GuardReading seen) {
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
        notifying(() -> listener.changed(event));
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

    private static void notifying(Runnable listening) {
        try {
            listening.run();
        } catch (RuntimeException e) {
            LOG.error("a guard's listener failed", e);
        }
    }
}
