// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.balance.BalancePolicy;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A balancer on a simulated host with real arithmetic of balloon drivers. */
abstract class BalancerFixture {
    static final long MIB = 256;
    static final long DOM0 = 1536 * MIB;
    static final long XEN = 16_683;
    static final BalloonDriver GOOD = BalloonDriver.of(BalloonFamily.LINUX);
    static final BalanceSettings SETTINGS = new BalanceSettings(BalancePolicy.standard(), GuardScope.ALL);

    final List<BalanceEvent> events = new ArrayList<>();
    final List<AutoCloseable> opened = new ArrayList<>();

    TestHost hostOf(long guestsMib, BalloonDriver driver) {
        TestHost host = TestHost.of(SimulatedXen.builder()
                .hostPages(DOM0 + XEN + guestsMib * MIB)
                .guests(identity ->
                        SimulatedGuest.with(identity.name().equals("stuck") ? driver.stuckAt(64 * MIB) : driver)));
        opened.add(0, host);
        return host;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    MemoryBalancer balancer(TestProcess process) {
        Toolstack toolstack = process.open();
        opened.add(0, toolstack);
        return toolstack.newBalancer(SETTINGS, events::add);
    }

    /** A guest of 64 … 128 MiB, which may go down to 32 MiB. */
    static Domain start(TestHost host, String name) {
        Domain guest = host.toolstack.create(TestHost.guest(name, 64, 128).build());
        write(host, guest, "memory/dynamic-min", KiB.ofMiB(32).value());
        guest.unpause();
        return guest;
    }

    static void write(TestHost host, Domain guest, String node, long value) {
        store(host).direct().write("/local/domain/" + guest.domid() + "/" + node, Long.toString(value));
    }

    static StoreClient store(TestHost host) {
        return new StoreClient(host.observer.store());
    }

    static void reports(TestHost host, Domain guest, long usedMib) {
        write(host, guest, "data/meminfo_total", KiB.ofMiB(128).value());
        write(host, guest, "data/meminfo_free", KiB.ofMiB(128 - usedMib).value());
    }

    static void run(TestHost host, Duration time, MemoryBalancer... balancers) {
        for (Duration left = time; !left.isZero(); ) {
            Duration next = left;
            for (MemoryBalancer balancer : balancers) {
                Duration wish = balancer.tick(host.xen.clock().instant());
                next = wish.compareTo(next) < 0 ? wish : next;
            }
            host.xen.advance(next);
            left = left.minus(next);
        }
    }

    static DomainInfo info(TestHost host, Domain guest) {
        return host.xenctrl.domains().info(guest.domid()).orElseThrow();
    }

    static long targetMib(TestHost host, Domain guest) {
        return store(host)
                        .readLong("/local/domain/" + guest.domid() + "/memory/target")
                        .orElseThrow()
                / 1024;
    }

    static long freeMib(TestHost host) {
        return host.xenctrl.host().physInfo().availablePages() / MIB;
    }

    static long ownedMib(TestHost host, Domain guest) {
        return info(host, guest).totPages() / MIB;
    }
}
