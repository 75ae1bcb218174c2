// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.life.SupervisionEvent;
import org.xenjava.toolstack.life.SupervisionEvent.Kind;
import org.xenjava.toolstack.life.SupervisionPolicy;
import org.xenjava.toolstack.life.SupervisorService;
import org.xenjava.toolstack.memory.KiB;

/** Guests that stop on real Xen, and what becomes of them. */
class LifecycleLabTest extends LabFixture {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final SupervisionPolicy POLICY = SupervisionPolicy.standard().withLoopLimit(Duration.ZERO, 1);

    private final BlockingQueue<SupervisionEvent> events = new LinkedBlockingQueue<>();

    private static DomainConfig podGuest(String name, LifecycleAction onReboot) {
        return PodGuest.config(name, 16, 32)
                .lifecycle(new Lifecycle(LifecycleAction.DESTROY, onReboot, LifecycleAction.PRESERVE))
                .build();
    }

    private SupervisorService supervise() {
        return toolstack.supervise(POLICY, events::add);
    }

    private SupervisionEvent await(Kind kind) {
        try {
            while (true) {
                SupervisionEvent event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                if (event == null) {
                    throw new AssertionError("no " + kind + " within " + PATIENCE);
                }
                Dom0.report(event.kind() + " " + event);
                if (event.kind() == kind) {
                    return event;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Domain find(UUID uuid) {
        return toolstack.find(uuid).orElseThrow(() -> new AssertionError("no domain " + uuid));
    }

    /** Those that do not change while the guest runs: what it touches moves from cache and entries alike. */
    private List<Object> numbers(String when, Domain domain) {
        return List.of(domain.memory(), report(when, domain).debt());
    }

    @Test
    void tenRebootsChangeNoNumberButWhatMemSetHasSet() {
        Domain domain = toolstack.create(podGuest("rebooting", LifecycleAction.RESTART));
        SupervisorService service = supervise();
        List<Object> numbers = numbers("built 16/32", domain);
        PodGuest guest = PodGuest.boot(domain);
        for (int reboot = 1; reboot <= 10; reboot++) {
            if (reboot == 6) {
                domain.setMemory(KiB.ofMiB(20));
            }
            guest.shutdown(ShutdownReason.REBOOT);
            domain = find(await(Kind.RESTARTED).uuid());
            List<Object> next = numbers("reboot " + reboot, domain);
            if (reboot == 6) {
                assertEquals(KiB.ofMiB(20), domain.memory().target());
                numbers = next;
            }
            assertEquals(numbers, next);
            guest = PodGuest.running(domain);
            guest.info();
        }
        service.close();
    }
}
