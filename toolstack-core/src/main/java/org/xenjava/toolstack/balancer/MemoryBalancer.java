// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.xenjava.toolstack.balance.BalanceDecision;
import org.xenjava.toolstack.balance.BalanceFinding;
import org.xenjava.toolstack.balance.FairDecider;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.balance.HostSnapshot;
import org.xenjava.toolstack.balance.MemoryDecider;
import org.xenjava.toolstack.balance.TargetChange;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Balances the memory of a host between its guests and, if its size is not fixed, domain 0. The class has neither thread
 * nor clock: a {@link BalanceService} or another caller calls {@link #tick}. Of several balancers of a host, one acts: it
 * holds a lease in xenstore, which another takes over once the process is known to have ended.
 */
public final class MemoryBalancer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryBalancer.class);
    private static final Duration STANDING_BY = Duration.ofSeconds(5);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final StoreClient store;
    private final Lease lease;
    private final SnapshotReader reader;
    private final SizeWriter writer;
    private final RequestDesk desk;
    private final MemoryDecider decider;
    private final BalanceListener listener;
    private final Set<Integer> refusing = new HashSet<>();
    private boolean failing;
    private Set<Observed> observed = Set.of();
    private BalanceEvent.@Nullable Role role;
    private volatile Optional<BalanceView> view = Optional.empty();

    private record Observed(int domid, BalanceFinding.Kind kind) {}

    /**
     * Creates a balancer.
     *
     * @param decider decides
     * @param store xenstore
     * @param holder signs the lease and the records
     * @param reader reads the host
     * @param writer sets sizes
     * @param listener receives what the balancer does and observes
     */
    MemoryBalancer(
            MemoryDecider decider,
            StoreClient store,
            LeaseHolder holder,
            SnapshotReader reader,
            SizeWriter writer,
            BalanceListener listener) {
        this.store = store;
        this.lease = holder.lease(BalanceNodes.OWNER);
        this.reader = reader;
        this.writer = writer;
        this.desk = new RequestDesk(store, holder);
        this.decider = decider;
        this.listener = listener;
    }

    /**
     * Creates a balancer. The toolstack calls this.
     *
     * @param parts the host
     * @param settings the policy and the domains
     * @param listener receives what the balancer does and observes
     * @return the balancer
     */
    @SuppressWarnings("exports")
    public static MemoryBalancer of(BalancerParts parts, BalanceSettings settings, BalanceListener listener) {
        return new MemoryBalancer(
                new FairDecider(settings.policy()),
                parts.store(),
                LeaseHolder.withinProcess(parts.processes()),
                new SnapshotReader(parts, settings),
                new SizeWriter(parts, settings.policy()),
                listener);
    }

    /**
     * Looks at the host, decides, and acts, if no other balancer does. If Xen or xenstored fails, the next call tries
     * again; the first failure of a series is logged as a warning.
     *
     * @param now the time, never earlier than in the previous call
     * @return the time until the next call
     */
    public synchronized Duration tick(Instant now) {
        try {
            Duration next = look(now);
            failing = false;
            return next;
        } catch (ToolstackException e) {
            LOG.atLevel(failing ? Level.DEBUG : Level.WARN)
                    .setCause(e)
                    .log("{}; the balancer tries again every second", e.getMessage());
            failing = true;
            return AFTER_FAILURE;
        }
    }

    /**
     * As {@link #tick}, for a caller that handles failures.
     *
     * @param now the time, never earlier than in the previous call
     * @return the time until the next call
     * @throws ToolstackException if Xen or xenstored fails
     */
    public synchronized Duration look(Instant now) {
        return XenFailures.translating("balancing the memory of the host", () -> {
            boolean acting = store.inTransaction(lease::take) != Lease.State.HELD;
            become(acting ? BalanceEvent.Role.ACTING : BalanceEvent.Role.STANDING_BY);
            return acting ? act(now) : STANDING_BY;
        });
    }

    /**
     * Looks at the host and decides, without any change and whether or not another balancer acts.
     *
     * @param now the time, never earlier than in the previous call
     * @return the host and the decision
     */
    public synchronized BalanceView preview(Instant now) {
        HostSnapshot snapshot = reader.read(now, desk.read(now));
        return new BalanceView(snapshot, decider.decide(snapshot));
    }

    /** {@return the latest look and decision; empty before the first, and while another process acts} */
    public Optional<BalanceView> view() {
        return view;
    }

    private void become(BalanceEvent.Role next) {
        if (role != next) {
            role = next;
            LOG.info("the balancer of host memory is {}", next == BalanceEvent.Role.ACTING ? "acting" : "standing by");
            notify(new BalanceEvent.RoleChanged(next));
        }
        if (next == BalanceEvent.Role.STANDING_BY) {
            view = Optional.empty();
        }
    }

    private Duration act(Instant now) {
        BalanceView seen = preview(now);
        view = Optional.of(seen);
        BalanceDecision decision = seen.decision();
        Map<Integer, GuestSnapshot> guests =
                seen.snapshot().guests().stream().collect(Collectors.toMap(GuestSnapshot::domid, guest -> guest));
        desk.removeAbandoned();
        refusing.retainAll(guests.keySet());
        decision.targets().forEach(change -> apply(change, guests.get(change.domid())));
        Set<String> decided = desk.write(decision.answers());
        decision.answers().forEach((id, answer) -> {
            if (decided.contains(id)) {
                LOG.info("the request {} for memory: {}", id, AnswerText.of(answer));
                notify(new BalanceEvent.Answered(id, answer));
            }
        });
        reader.loose().forEach(info -> tidy(info, writer::confine));
        reader.claiming().forEach(info -> tidy(info, writer::releaseAbandonedClaim));
        report(decision);
        BalanceLookEvent.record(seen);
        tell(() -> listener.looked(seen));
        return decision.next();
    }

    private void apply(TargetChange change, @Nullable GuestSnapshot guest) {
        if (guest == null) {
            return;
        }
        KiB from = Pages.of(change.fromPages()).toKiB();
        KiB to = Pages.of(change.toPages()).toKiB();
        try {
            boolean done = writer.set(guest, from, to);
            refusing.remove(guest.domid());
            if (done) {
                LOG.info("domain {} ({}): {} instead of {}", guest.domid(), guest.name(), to, from);
                notify(new BalanceEvent.Resized(guest.domid(), guest.name(), from, to));
            }
        } catch (HypercallException | XenLibException | ToolstackException e) {
            LOG.atLevel(refusing.add(guest.domid()) ? Level.WARN : Level.DEBUG)
                    .setCause(e)
                    .log("domain {} keeps its size of {} for now: {}", guest.domid(), from, e.getMessage());
        }
    }

    private static void tidy(DomainInfo info, Consumer<DomainInfo> work) {
        try {
            work.accept(info);
        } catch (HypercallException | XenLibException | ToolstackException e) {
            LOG.debug("domain {} keeps its max_mem and its claim for now", info.domid(), e);
        }
    }

    private void report(BalanceDecision decision) {
        Set<Observed> now = new HashSet<>();
        for (BalanceFinding finding : decision.findings()) {
            Observed key = new Observed(finding.domid(), finding.kind());
            now.add(key);
            if (!observed.contains(key)) {
                LOG.info(
                        "domain {} ({}): {}, {} pages",
                        finding.domid(),
                        finding.name(),
                        finding.kind(),
                        finding.pages());
                notify(new BalanceEvent.Found(finding));
            }
        }
        observed = now;
    }

    private void notify(BalanceEvent event) {
        tell(() -> listener.happened(event));
    }

    private static void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.error("a balancer's listener failed", e);
        }
    }

    /** Gives the role to another balancer. Guests keep their sizes. */
    @Override
    public synchronized void close() {
        tell(listener::ended);
        try {
            store.inTransaction(lease::release);
        } catch (ToolstackException e) {
            LOG.debug("the balancer's lease was not released", e);
        }
    }
}
