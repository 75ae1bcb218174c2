// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.store.StoreClient;

/** A simulated host whose guests stop, and supervisors in virtual time. */
final class SupervisorBench implements AutoCloseable {
    static final int POWER_OFF = 0;
    static final int REBOOT = 1;
    static final int SUSPEND = 2;
    static final int CRASH = 3;

    final TestHost host = TestHost.create();
    final StoreClient store = new StoreClient(host.observer.store());
    final List<SupervisionEvent> events = new ArrayList<>();

    Supervisor supervisor(SupervisionPolicy policy) {
        return supervisor(policy, host.toolstack);
    }

    Supervisor supervisor(SupervisionPolicy policy, Toolstack toolstack) {
        return toolstack.newSupervisor(policy, events::add);
    }

    /** A guest with the same action for everything. */
    static DomainConfig.Builder guest(LifecycleAction action) {
        return TestHost.guest("web", 16, 32).lifecycle(new Lifecycle(action, action, action, action, action));
    }

    Domain start(DomainConfig config) {
        Domain domain = host.toolstack.create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(1));
        return domain;
    }

    void stop(Domain domain, int reason) {
        host.xen.guest(domain.domid()).orElseThrow().shutDown(reason);
    }

    Instant now() {
        return host.xen.clock().instant();
    }

    /** Ticks as often as the supervisor wants. */
    void run(Duration time, Supervisor supervisor) {
        Instant end = now().plus(time);
        while (true) {
            Duration next = supervisor.tick(now());
            Duration left = Duration.between(now(), end);
            if (next.compareTo(left) >= 0) {
                host.xen.advance(left);
                return;
            }
            host.xen.advance(next.isZero() ? Duration.ofMillis(1) : next);
        }
    }

    /** The domain that has the UUID now. */
    Optional<Domain> present(Domain domain) {
        return host.toolstack.find(domain.uuid());
    }

    List<SupervisionEvent.Kind> kinds() {
        return events.stream().map(SupervisionEvent::kind).toList();
    }

    @Override
    public void close() {
        host.close();
    }
}
