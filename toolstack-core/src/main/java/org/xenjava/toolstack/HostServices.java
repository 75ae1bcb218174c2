// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.xenjava.toolstack.balancer.BalanceListener;
import org.xenjava.toolstack.balancer.BalanceService;
import org.xenjava.toolstack.balancer.BalanceSettings;
import org.xenjava.toolstack.balancer.BalancerParts;
import org.xenjava.toolstack.balancer.MemoryBalancer;
import org.xenjava.toolstack.balancer.MemoryReservation;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.create.Arrivals;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.handover.Handshake;
import org.xenjava.toolstack.handover.MigrationReceiver;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.resize.MemoryResize;
import org.xenjava.toolstack.save.SavedDomain;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The guards, supervisors, pools and balancers of one toolstack, which end with it. */
final class HostServices {
    private final HostContext context;
    private final Lock supervision;
    private final List<PodGuardService> guards = new CopyOnWriteArrayList<>();
    private final List<SupervisorService> supervisors = new CopyOnWriteArrayList<>();
    private final List<GuestPool> pools = new CopyOnWriteArrayList<>();
    private final List<BalanceService> balancers = new CopyOnWriteArrayList<>();

    HostServices(HostContext context) {
        this.context = context;
        this.supervision = context.gate().guarding(new ReentrantLock());
    }

    /** Receives a guest; it was taken over when the method returns. */
    Arrivals.Received receive(
            MigrationLink link,
            MigrationLimits limits,
            ReceivedStart start,
            CreateListener listener,
            Cancellation cancellation) {
        return new MigrationReceiver(link, limits, () -> cancellation.check("receiving a guest"))
                .receive(records -> {
                    SavedDomain saved =
                            SavedDomain.receive(records, context.xenctrl().abi().release());
                    listener.onArrival(LibxlConfig.of(saved.config()).text());
                    String name = Handshake.incoming(saved.config().name());
                    saved.config().uuid().ifPresent(uuid -> {
                        context.arrivals().requireFreeName(saved.config().name(), uuid);
                        context.arrivals().requireFreeSockets(saved.config(), uuid);
                    });
                    saved.domid().ifPresent(context.arrivals()::requireFreeDomid);
                    return new Arriving(
                            context.builder()
                                    .receive(
                                            saved.config(),
                                            name,
                                            saved.reader(),
                                            saved.domid(),
                                            context.arrivals(),
                                            start,
                                            listener,
                                            cancellation),
                            start);
                })
                .guest();
    }

    /** A guest between its build and its start. */
    private final class Arriving implements MigrationReceiver.Arrival {
        private final Arrivals.Received guest;
        private final ReceivedStart start;

        private Arriving(Arrivals.Received guest, ReceivedStart start) {
            this.guest = guest;
            this.start = start;
        }

        private Arrivals.Received guest() {
            return guest;
        }

        @Override
        public void takeOver() {
            XenFailures.translating("taking over domain " + guest.name(), () -> context.arrivals()
                    .takeOver(guest, start));
        }

        @Override
        public void abandon() {
            context.arrivals().abandon(guest);
            context.rooms().giveBackIfOn();
        }
    }

    PodGuardService guard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return context.gate().run(() -> {
            PodGuard guard = newGuard(policy, scope, listener);
            PodGuardService service = PodGuardService.start(guard, context.events(), sinceNow());
            guards.add(service);
            return service;
        });
    }

    PodGuard newGuard(GuardPolicy policy, GuardScope scope, GuardListener listener) {
        return new PodGuard(
                context.xenctrl(),
                context.store(),
                context.processes(),
                policy,
                scope,
                listener,
                context.locks()::tryExclusively);
    }

    SupervisorService supervise(SupervisionPolicy policy, SupervisionListener listener) {
        return context.gate().run(() -> {
            SupervisorService service =
                    SupervisorService.start(newSupervisor(policy, listener), context.events(), sinceNow());
            supervisors.add(service);
            return service;
        });
    }

    Supervisor newSupervisor(SupervisionPolicy policy, SupervisionListener listener) {
        return new Supervisor(
                context,
                (domid, uuid, file) -> new Domain(context, domid, uuid).memory().dump(file),
                supervision,
                policy,
                listener);
    }

    GuestPool pool(DomainConfig like, GuestPoolPolicy policy) {
        return context.gate().run(() -> {
            GuestPool pool = GuestPool.start(context, like, policy, sinceNow());
            pools.add(pool);
            return pool;
        });
    }

    BalanceService balance(BalanceSettings settings, BalanceListener listener) {
        return context.gate().run(() -> {
            BalanceService service =
                    BalanceService.start(newBalancer(settings, listener), context.events(), sinceNow());
            balancers.add(service);
            return service;
        });
    }

    MemoryBalancer newBalancer(BalanceSettings settings, BalanceListener listener) {
        BalancerParts parts = new BalancerParts(
                context.xenctrl(),
                context.store(),
                context.processes(),
                new MemoryResize(context.xenctrl(), context.store(), context.podPolicy(), context.processes()),
                context.rooms().controlDomainSize(),
                context.controlDomain(),
                context.locks()::tryExclusively);
        return MemoryBalancer.of(parts, settings, listener);
    }

    Optional<MemoryReservation> reserveMemory(String id, KiB size, Duration limit) {
        return context.requests().ask(id, size, limit);
    }

    HostWatchdog watchdog() {
        return new HostWatchdog(context, sinceNow());
    }

    /** A clock that never jumps: setting the system's time must not make timeouts expire. */
    private static InstantSource sinceNow() {
        long start = System.nanoTime();
        return () -> Instant.EPOCH.plusNanos(System.nanoTime() - start);
    }

    void close() {
        supervisors.forEach(SupervisorService::close);
        guards.forEach(PodGuardService::close);
        pools.forEach(GuestPool::close);
        balancers.forEach(BalanceService::close);
    }
}
