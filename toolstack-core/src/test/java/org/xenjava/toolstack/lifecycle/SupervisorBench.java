// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.store.StoreClient;

/** A simulated host whose guests stop, and supervisors in virtual time. */
public final class SupervisorBench implements AutoCloseable {
    public static final int POWER_OFF = 0;
    public static final int REBOOT = 1;
    public static final int SUSPEND = 2;
    public static final int CRASH = 3;

    public final TestHost host = TestHost.create();
    public final StoreClient store = new StoreClient(host.observer.store());
    public final List<SupervisionEvent> events = new ArrayList<>();

    public Supervisor supervisor(SupervisionPolicy policy) {
        return supervisor(policy, host.toolstack);
    }

    public Supervisor supervisor(SupervisionPolicy policy, Toolstack toolstack) {
        return toolstack.newSupervisor(policy, events::add);
    }

    /** A guest with the same action for everything. */
    public static DomainConfig.Builder guest(LifecycleAction action) {
        return TestHost.guest("web", 16, 32).lifecycle(new Lifecycle(action, action, action, action, action));
    }

    public Domain start(DomainConfig config) {
        Domain domain = host.toolstack.create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(1));
        return domain;
    }

    public void stop(Domain domain, int reason) {
        host.xen.guest(domain.domid()).orElseThrow().shutDown(reason);
    }

    public Instant now() {
        return host.xen.clock().instant();
    }

    /** Ticks as often as the supervisor wants. */
    public void run(Duration time, Supervisor supervisor) {
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
    public Optional<Domain> present(Domain domain) {
        return host.toolstack.find(domain.uuid());
    }

    public List<SupervisionEvent.Kind> kinds() {
        return events.stream().map(SupervisionEvent::kind).toList();
    }

    @Override
    public void close() {
        host.close();
    }
}
