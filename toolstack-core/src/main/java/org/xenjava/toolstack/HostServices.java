// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;

/** The guards, supervisors and pools of one toolstack, which end with it. */
final class HostServices {
    private final HostContext context;
    private final Lock supervision;
    private final List<PodGuardService> guards = new CopyOnWriteArrayList<>();
    private final List<SupervisorService> supervisors = new CopyOnWriteArrayList<>();
    private final List<GuestPool> pools = new CopyOnWriteArrayList<>();

    HostServices(HostContext context) {
        this.context = context;
        this.supervision = context.gate().guarding(new ReentrantLock());
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
    }
}
