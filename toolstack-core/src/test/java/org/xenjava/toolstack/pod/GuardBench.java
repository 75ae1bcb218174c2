// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A simulated machine whose guests all have one balloon driver, guards on it, and time that passes for both. */
public final class GuardBench implements AutoCloseable {
    public static final long MEMORY_MIB = 64;
    public static final long MAX_MEMORY_MIB = 128;
    public static final KiB INTENT = KiB.ofMiB(MEMORY_MIB);
    static final KiB SMALL_INTENT = KiB.ofMiB(32);

    public final TestHost host;
    public final Toolstack toolstack;
    public final StoreClient store;
    public final List<GuardEvent> events = new ArrayList<>();

    public GuardBench(PodPolicy policy, BalloonDriver driver) {
        this(policy, SimulatedXen.builder().guests(identity -> SimulatedGuest.with(driver)));
    }

    /** The same on another release of Xen. */
    public GuardBench(PodPolicy policy, BalloonDriver driver, XenRelease release) {
        this(
                policy,
                SimulatedXen.builder()
                        .release(release.major(), release.minor())
                        .guests(identity -> SimulatedGuest.with(driver)));
    }

    public GuardBench(PodPolicy policy, SimulatedXen.Builder machine) {
        host = TestHost.of(machine);
        toolstack = TestHost.options().podPolicy(policy).open(host.xen.host());
        store = new StoreClient(host.observer.store());
    }

    /** A guest of 64 MiB that believes in 128 MiB, running. */
    public Domain start(String name) {
        Domain domain = toolstack.create(
                TestHost.guest(name, MEMORY_MIB, MAX_MEMORY_MIB).build());
        domain.unpause();
        return domain;
    }

    /** A guest of 32 MiB that believes in 36 MiB, running. */
    Domain startSmall(String name) {
        Domain domain = toolstack.create(TestHost.guest(name, 32, 36).build());
        domain.unpause();
        return domain;
    }

    public PodGuard guard(GuardPolicy policy) {
        return guard(policy, host.newProcess());
    }

    public PodGuard guard(GuardPolicy policy, ProcessIdentity process) {
        return guard(policy, process, host.xen.connect());
    }

    public PodGuard guard(GuardPolicy policy, ProcessIdentity process, XenLibraries libraries) {
        return new PodGuard(
                Xenctrl.open(libraries),
                new StoreClient(libraries.store()),
                process,
                policy,
                events::add,
                DomainLock.NONE);
    }

    /** Lets time pass, calling the guards when they want to be. */
    public void run(Duration duration, PodGuard... guards) {
        Duration left = duration;
        while (!left.isZero()) {
            Duration next = tick(guards);
            next = next.compareTo(left) < 0 ? next : left;
            host.xen.advance(next);
            left = left.minus(next);
        }
    }

    private Duration tick(PodGuard... guards) {
        Duration next = Duration.ofMinutes(1);
        for (PodGuard guard : guards) {
            Duration wish = guard.tick(host.xen.clock().instant());
            next = wish.compareTo(next) < 0 ? wish : next;
        }
        // A guard that wants to be called at once cannot stop the time.
        return next.isZero() ? Duration.ofMillis(1) : next;
    }

    /** Lets time pass until the last event is about that state. */
    public void runUntil(GuardState state, PodGuard guard) {
        for (int seconds = 0; seconds < 60 * 60; seconds++) {
            run(Duration.ofSeconds(1), guard);
            if (lastState() == state) {
                return;
            }
        }
        throw new AssertionError("never " + state + ": " + events);
    }

    public GuardState lastState() {
        return events.isEmpty()
                ? GuardState.BOOTING
                : events.get(events.size() - 1).to();
    }

    public List<GuardState> states() {
        return events.stream().map(GuardEvent::to).toList();
    }

    public DomainInfo info(Domain domain) {
        return host.xenctrl.domains().info(domain.domid()).orElseThrow();
    }

    public long debt(Domain domain) {
        return host.xenctrl.memory().podTarget(domain.domid()).debt();
    }

    public KiB target(Domain domain) {
        return KiB.of(
                store.readLong(new DomainPaths(domain.domid()).memoryTarget()).orElseThrow());
    }

    public List<String> notes(Domain domain) {
        return store.list(new DomainPaths(domain.domid()).podGuard()).stream()
                .sorted()
                .toList();
    }

    /** Whether it survives the worst that can happen inside. */
    public boolean livesUnderLoad(Domain domain) {
        host.xen.guest(domain.domid()).orElseThrow().load();
        return !info(domain).shutdown();
    }

    @Override
    public void close() {
        toolstack.close();
        host.close();
    }
}
