// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.context.CurrentConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.context.NextConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.lifecycle.SupervisionEvent.Kind;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * Destroys, restarts or preserves domains that stop, as their configurations say. The class has neither thread nor
 * clock: a {@link SupervisorService} or another caller calls {@link #tick}. A supervisor acts only on domains that
 * this library has built. If several supervisors run, one acts on a domain. A supervisor records an action in
 * xenstore before it begins, so another one can finish it.
 */
public final class Supervisor {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
    private static final Duration SCAN_EVERY = Duration.ofSeconds(30);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
    private static final int LONGEST_NAME = 255;
    private static final DateTimeFormatter SUFFIX =
            DateTimeFormatter.ofPattern("'-'yyyyMMdd'T'HHmm'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final HostContext host;
    private final CoreWriter dumper;
    private final Lock supervision;
    private final SupervisionPolicy policy;
    private final SupervisionListener listener;
    private final SupervisorLease leases;
    private final RestartExecutor restarts;
    private final RetrySchedule schedule;
    /** Stopped domains without a pending action: preserved ones, and those of other toolstacks. */
    private final Set<Seen> settled = new HashSet<>();
    /** Stopped domains of other supervisors, which may die before they finish. */
    private final Set<Seen> leftToOthers = new HashSet<>();

    /** Errors that ended the work on a domain in this tick. */
    private final List<Error> errors = new ArrayList<>();

    private record Seen(int domid, UUID uuid) {}

    /**
     * Creates a supervisor; the toolstack calls this.
     *
     * @param host the services that the supervisor works with
     * @param dumper writes core dumps
     * @param supervision held during an action; shared by the supervisors of one process
     * @param policy the domains and the limits of restarts
     * @param listener receives observations and actions
     */
    @SuppressWarnings("exports")
    public Supervisor(
            HostContext host,
            CoreWriter dumper,
            Lock supervision,
            SupervisionPolicy policy,
            SupervisionListener listener) {
        this.host = host;
        this.dumper = dumper;
        this.supervision = supervision;
        this.policy = policy;
        this.listener = listener;
        this.leases = new SupervisorLease(host.store(), host.processes());
        this.schedule = new RetrySchedule(policy);
        this.restarts = new RestartExecutor(host, policy, leases, schedule, this::report);
    }

    /**
     * Reads every domain and performs the actions that are due. An action that fails in Xen or xenstored is tried
     * again. An {@link Error} at one domain is thrown after the other domains were handled.
     *
     * @param now the time, never earlier than in the previous call
     * @return the longest time until the next call
     */
    public synchronized Duration tick(Instant now) {
        try {
            Set<UUID> leaving = new HashSet<>();
            for (UUID uuid : StopJournal.uuids(host.store().direct())) {
                if (policy.includes(uuid)) {
                    leaving.add(uuid);
                    attempt("taking domain " + uuid + " away", () -> restarts.resume(uuid, now), uuid, now);
                }
            }
            List<DomainInfo> domains = host.xenctrl().domains().list();
            forgetAllBut(domains);
            for (DomainInfo info : domains) {
                if (concerns(info) && !leaving.contains(info.handle())) {
                    attempt("supervising domain " + info.domid(), () -> lookAfter(info, now), info.handle(), now);
                }
            }
        } catch (HypercallException | XenLibException | ToolstackException e) {
            LOG.warn("the supervisor cannot read the domains: {}", e.getMessage());
            return AFTER_FAILURE;
        }
        if (!errors.isEmpty()) {
            throw errors.remove(0);
        }
        return schedule.untilNext(now)
                .filter(next -> next.compareTo(SCAN_EVERY) < 0)
                .orElse(SCAN_EVERY);
    }

    private void forgetAllBut(List<DomainInfo> domains) {
        List<Seen> present = domains.stream()
                .map(info -> new Seen(info.domid(), info.handle()))
                .toList();
        settled.retainAll(present);
        leftToOthers.retainAll(present);
    }

    private boolean concerns(DomainInfo info) {
        return info.domid() != 0
                && !info.dying()
                && policy.includes(info.handle())
                && !settled.contains(new Seen(info.domid(), info.handle()));
    }

    private void attempt(String what, Runnable work, UUID uuid, Instant now) {
        if (!schedule.isDue(uuid, now)) {
            return;
        }
        try {
            supervision.lock();
            try {
                work.run();
            } finally {
                supervision.unlock();
            }
        } catch (HypercallException | XenLibException | ToolstackException e) {
            LOG.warn("{} failed; the next try is in {} s: {}", what, AFTER_FAILURE.toSeconds(), e.getMessage());
            schedule.postpone(uuid, now.plus(AFTER_FAILURE));
        } catch (RuntimeException e) {
            LOG.error("{} failed; the next try is in {} s", what, AFTER_FAILURE.toSeconds(), e);
            schedule.postpone(uuid, now.plus(AFTER_FAILURE));
        } catch (Error e) {
            // The other domains are handled first; then the error ends the supervisor.
            errors.add(e);
        }
    }

    private void lookAfter(DomainInfo info, Instant now) {
        if (info.shutdown()) {
            StopCause.of(info.shutdownReason()).ifPresent(cause -> stopped(info, cause, now));
        } else if (host.hasLostItsDevices(info.domid()) && !host.builds().isUnderWay(info.handle())) {
            stopped(info, StopCause.CRASH, now);
        } else if (policy.only().isPresent() && !leases.has(info.domid())) {
            leases.take(info.domid(), transaction -> {});
        }
    }

    private void stopped(DomainInfo info, StopCause cause, Instant now) {
        DomainPaths paths = new DomainPaths(info.domid());
        Optional<DomainConfig> config = CurrentConfig.of(host.store().direct(), paths, host.podPolicy());
        if (config.isEmpty() || host.store().direct().exists(paths.kept())) {
            settled.add(new Seen(info.domid(), info.handle()));
            return;
        }
        if (!leases.take(info.domid(), transaction -> {})) {
            if (leftToOthers.add(new Seen(info.domid(), info.handle()))) {
                report(Kind.LEFT_TO_ANOTHER, info, config.get(), "stopped; another process supervises it");
            }
            return;
        }
        DomainConfig next = NextConfig.withoutUnplugged(
                host, info.domid(), NextConfig.of(host, info.domid(), info.handle(), config.get()));
        act(
                new Ending(
                        info,
                        cause,
                        config.get(),
                        next,
                        cause.action(config.get().lifecycle())),
                now);
    }

    /** A domain that has stopped and that this supervisor handles. */
    private record Ending(
            DomainInfo info, StopCause cause, DomainConfig config, DomainConfig next, LifecycleAction action) {
        String name() {
            return config.name();
        }

        StopJournal.Entry entry(Optional<StopJournal.Identity> aside, Optional<DomainConfig> successor) {
            return new StopJournal.Entry(info.handle(), info.domid(), name(), aside, successor);
        }
    }

    private void act(Ending ending, Instant now) {
        boolean looping =
                isRestart(ending.action()) && schedule.isLooping(ending.info().handle(), now);
        report(
                Kind.STOPPED,
                ending.info(),
                ending.config(),
                "stopped (" + ending.cause() + "); its configuration says "
                        + ending.action().word());
        switch (ending.action()) {
            case COREDUMP_DESTROY, COREDUMP_RESTART -> dump(ending);
            default -> {}
        }
        if (looping) {
            keep(
                    ending,
                    "stopped within " + policy.quickRun().toSeconds() + " s of its start " + policy.mostQuickRuns()
                            + " times in a row; preserved instead of restarted");
            return;
        }
        switch (ending.action()) {
            case PRESERVE -> keep(ending, "preserved until somebody destroys it");
            case DESTROY, COREDUMP_DESTROY -> remove(ending.entry(Optional.empty(), Optional.empty()), now);
            case RESTART, COREDUMP_RESTART, SOFT_RESET ->
                remove(ending.entry(Optional.empty(), Optional.of(ending.next())), now);
            case RENAME_RESTART -> remove(ending.entry(Optional.of(aside(ending)), Optional.of(ending.next())), now);
        }
    }

    private static boolean isRestart(LifecycleAction action) {
        return switch (action) {
            case RESTART, RENAME_RESTART, COREDUMP_RESTART, SOFT_RESET -> true;
            case DESTROY, PRESERVE, COREDUMP_DESTROY -> false;
        };
    }

    private void dump(Ending ending) {
        try {
            dumper.dump(
                    ending.info().domid(),
                    ending.info().handle(),
                    policy.dumps().resolve(ending.name()));
            report(
                    Kind.DUMPED,
                    ending.info(),
                    ending.config(),
                    "its memory is in " + policy.dumps().resolve(ending.name()));
        } catch (ToolstackException e) {
            report(Kind.DUMP_FAILED, ending.info(), ending.config(), "its memory was not dumped: " + e.getMessage());
        }
    }

    private void keep(Ending ending, String why) {
        DomainPaths paths = new DomainPaths(ending.info().domid());
        if (leases.take(ending.info().domid(), transaction -> transaction.write(paths.kept(), why))) {
            settled.add(new Seen(ending.info().domid(), ending.info().handle()));
            report(Kind.KEPT, ending.info(), ending.config(), why);
        }
    }

    /** xl's suffix: the time in UTC, to the minute. */
    private StopJournal.Identity aside(Ending ending) {
        String suffix = SUFFIX.format(host.clock().instant());
        String name = ending.name();
        String stem = name.substring(0, Math.min(name.length(), LONGEST_NAME - suffix.length()));
        return new StopJournal.Identity(stem + suffix, UUID.randomUUID());
    }

    private void remove(StopJournal.Entry entry, Instant now) {
        if (leases.take(entry.domid(), transaction -> StopJournal.write(transaction, entry, leases.holder()))) {
            schedule.stopped(entry.uuid(), now);
            restarts.resume(entry.uuid(), now);
        }
    }

    private void report(Kind kind, DomainInfo info, DomainConfig config, String detail) {
        report(new SupervisionEvent(kind, info.domid(), config.name(), info.handle(), detail));
    }

    private void report(SupervisionEvent event) {
        Level level =
                switch (event.kind()) {
                    case DUMP_FAILED, KEPT, RESTART_FAILED, GAVE_UP -> Level.WARN;
                    case STOPPED, LEFT_TO_ANOTHER, DUMPED, DESTROYED, SET_ASIDE, RESTARTED -> Level.INFO;
                };
        LOG.atLevel(level).log("domain {} ('{}'): {}: {}", event.domid(), event.name(), event.kind(), event.detail());
        try {
            listener.happened(event);
        } catch (RuntimeException e) {
            LOG.error("a supervisor's listener failed", e);
        }
    }

    /** Releases all leases, so that other supervisors can act. The supervisor must not be used afterwards. */
    public synchronized void release() {
        try {
            leases.release(host.xenctrl().domains().list());
        } catch (HypercallException | XenLibException | ToolstackException e) {
            LOG.warn("the supervisor's leases stay until its process ends: {}", e.getMessage());
        }
    }
}
