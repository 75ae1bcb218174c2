// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.error.Retry;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.GuardStatus;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;

/** xenstored dies and is started again while the toolstack is at work. */
@Timeout(60)
class XenstoredComesBackTest {
    private static final int REBOOT = 1;

    private final TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    private Domain start(LifecycleAction action) {
        Domain domain = host.toolstack.create(TestHost.guest("web", 16, 32)
                .lifecycle(new Lifecycle(action, action, action, action, action))
                .build());
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(1));
        return domain;
    }

    /** Stops xenstored and starts it again, once, just before the n-th request to it. */
    private Fault restartBefore(long n) {
        AtomicLong requests = new AtomicLong();
        return call -> {
            if (call.toXenstored() && !call.method().equals("readWatch") && requests.incrementAndGet() == n) {
                host.xen.stopXenstored();
                host.xen.startXenstored();
            }
            return new Verdict.Passes();
        };
    }

    @Test
    void aCreateDuringARestartSucceedsOrLeavesNothingAndAdvisesARetry() {
        MachineState before = host.state();
        List<XenStoreException> failures = new ArrayList<>();
        for (long n = 1; n <= 60; n += 3) {
            host.faults.inject(restartBefore(n));
            try {
                host.toolstack.create(TestHost.guest("web", 16, 32).build());
            } catch (XenStoreException e) {
                failures.add(e);
            }
            host.faults.heal();
            host.toolstack.find("web").ifPresent(Domain::destroy);
            host.assertUnchangedSince(before, "restart before request " + n);
        }
        assertTrue(failures.stream().allMatch(e -> e.retry() == Retry.LATER), failures::toString);
        // Only a commit or an introduction whose answer is lost cannot be repeated.
        assertTrue(failures.size() <= 5, failures::toString);
    }

    @Test
    void aStoppedXenstoredIsOneTypedError() {
        host.xen.stopXenstored();
        XenStoreException e = assertThrows(
                XenStoreException.class,
                () -> host.toolstack.create(TestHost.guest("web", 16, 32).build()));
        assertEquals(Retry.LATER, e.retry());
        assertTrue(e.getMessage().contains("EPIPE"), e.getMessage());
        host.xen.startXenstored();
        host.toolstack.create(TestHost.guest("web", 16, 32).build());
    }

    @Test
    void theGuardContinuesWhenXenstoredIsBack() {
        start(LifecycleAction.DESTROY);
        List<GuardStatus> looks = new ArrayList<>();
        PodGuard guard = host.toolstack.newGuard(GuardPolicy.standard(), GuardScope.ALL, new GuardListener() {
            @Override
            public void changed(GuardEvent event) {}

            @Override
            public void looked(GuardStatus status) {
                looks.add(status);
            }
        });
        Instant now = Instant.EPOCH;
        guard.tick(now);
        assertEquals(1, looks.size());
        host.xen.stopXenstored();
        for (int i = 0; i < 10; i++) {
            now = now.plusSeconds(20);
            guard.tick(now);
        }
        assertEquals(1, looks.size());
        host.xen.startXenstored();
        now = now.plusSeconds(60);
        guard.tick(now);
        assertEquals(2, looks.size());
    }

    @Test
    void theSupervisorRestartsAGuestThatStoppedWhileXenstoredWasGone() throws InterruptedException {
        Domain domain = start(LifecycleAction.RESTART);
        BlockingQueue<SupervisionEvent.Kind> events = new LinkedBlockingQueue<>();
        try (SupervisorService service =
                host.toolstack.supervise(SupervisionPolicy.standard(), event -> events.add(event.kind()))) {
            host.xen.stopXenstored();
            host.xen.guest(domain.domid()).orElseThrow().shutDown(REBOOT);
            host.xen.startXenstored();
            // The watch that is registered again fires, which wakes the service long before its next look.
            assertEquals(SupervisionEvent.Kind.STOPPED, events.poll(20, TimeUnit.SECONDS));
            assertEquals(SupervisionEvent.Kind.RESTARTED, events.poll(20, TimeUnit.SECONDS));
            assertTrue(!service.ended().isDone());
        }
    }

    /** The C xenstored starts without its nodes; guests run on, and can be listed and destroyed by their number. */
    @Test
    void aXenstoredThatStartsWithoutItsNodesHarmsNoGuest() {
        Domain domain = start(LifecycleAction.RESTART);
        PodGuard guard = host.toolstack.newGuard(GuardPolicy.standard(), GuardScope.ALL, GuardListener.NONE);
        guard.tick(Instant.EPOCH);
        host.xen.stopXenstored();
        host.xen.startXenstoredEmpty();
        for (int i = 1; i < 10; i++) {
            guard.tick(Instant.EPOCH.plusSeconds(40L * i));
            host.toolstack
                    .newSupervisor(SupervisionPolicy.standard(), event -> {})
                    .tick(Instant.EPOCH.plusSeconds(40L * i));
        }
        assertTrue(domain.exists());
        assertEquals(
                List.of("Domain-0", ""),
                host.toolstack.statuses().stream().map(status -> status.name()).toList());
        host.toolstack.resolve(Integer.toString(domain.domid())).destroy();
        assertTrue(!domain.exists());
        host.toolstack.create(TestHost.guest("web", 16, 32).build());
    }
}
