// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.pod.DomainLock;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** A simulated host full of small guests, and one thread that watches them. */
final class Host implements AutoCloseable {
    private static final long MEMORY_MIB = 8;
    private static final long MAX_MEMORY_MIB = 16;
    private static final long DOM0_PAGES = 393_216;
    private static final long PAGES_PER_GUEST = 4096;
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final double NANOS_PER_MILLI = 1e6;

    private final Guests guests;
    private final SimulatedXen machine;
    private final Toolstack builder;
    private final CallCounter counted;
    private final List<Domain> domains = new ArrayList<>();

    /** The behaviour of the guests' balloon drivers. */
    enum Guests {
        /** They have reached their targets. */
        SETTLED(BalloonDriver.of(BalloonFamily.LINUX), Duration.ofMinutes(20)),
        /** They free four pages a second, and have not come to the end when the measurement has. */
        BALLOONING(BalloonDriver.of(BalloonFamily.LINUX).atPace(4, Duration.ofSeconds(1)), Duration.ZERO);

        private final BalloonDriver driver;
        private final Duration watchedBefore;

        Guests(BalloonDriver driver, Duration watchedBefore) {
            this.driver = driver;
            this.watchedBefore = watchedBefore;
        }
    }

    /** Watches, and says when it wants to look again. */
    interface Watcher {
        Duration look(Instant now);
    }

    Host(int number, Guests guests) {
        this.guests = guests;
        machine = SimulatedXen.builder()
                .dom0Pages(DOM0_PAGES)
                .hostPages(2 * DOM0_PAGES + number * PAGES_PER_GUEST)
                .guests(identity -> SimulatedGuest.with(guests.driver))
                .build();
        builder = Toolstack.options().clock(machine.clock()).open(machine.host());
        counted = new CallCounter(machine.connect());
        create(number);
        if (guests == Guests.SETTLED) {
            machine.advance(Duration.ofMinutes(1));
        }
    }

    private void create(int number) {
        try {
            Path kernel = Files.write(Files.createTempFile("cost", ".elf"), HaltingKernel.elf());
            for (int i = 0; i < number; i++) {
                Domain domain = builder.create(DomainConfig.builder("guest-" + i)
                        .kernel(kernel)
                        .memoryMib(MEMORY_MIB)
                        .maxMemoryMib(MAX_MEMORY_MIB)
                        .build());
                domain.unpause();
                domains.add(domain);
            }
            Files.delete(kernel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The guard with its defaults. */
    Watcher guard() {
        PodGuard guard = new PodGuard(
                Xenctrl.open(counted.libraries()),
                new StoreClient(counted.libraries().store()),
                ProcessIdentity.named("guard"),
                GuardPolicy.standard(),
                GuardListener.NONE,
                DomainLock.NONE);
        return guard::tick;
    }

    /** Asks for each domain's counters every second, as a script around {@code pod-check} does, but in one process. */
    Watcher poller() {
        Toolstack toolstack = Toolstack.options().open(machine.host(counted.libraries()));
        List<Domain> found = domains.stream()
                .map(domain -> toolstack.find(domain.uuid()).orElseThrow())
                .toList();
        return now -> {
            found.forEach(domain -> domain.pod().status());
            return POLL;
        };
    }

    /** What a watcher costs in a minute, on the average of that time; settled guests it has known for long. */
    Cost measure(Function<Host, Watcher> kind, Duration time) {
        Watcher watcher = kind.apply(this);
        watch(watcher, guests.watchedBefore);
        Cost before = soFar(0);
        Cost after = soFar(watch(watcher, time));
        return new Cost(
                        after.hypercalls() - before.hypercalls(),
                        after.storeRequests() - before.storeRequests(),
                        after.cpuMillis())
                .dividedBy(time.toSeconds() / 60.0);
    }

    /** @return CPU time in ns that the watcher has used */
    private long watch(Watcher watcher, Duration time) {
        long cpuNanos = 0;
        for (Duration left = time; !left.isZero(); ) {
            long start = THREADS.getCurrentThreadCpuTime();
            Duration wish = watcher.look(machine.clock().instant());
            cpuNanos += THREADS.getCurrentThreadCpuTime() - start;
            Duration step = wish.compareTo(left) < 0 ? wish : left;
            step = step.isZero() ? Duration.ofMillis(1) : step;
            machine.advance(step);
            left = left.minus(step);
        }
        return cpuNanos;
    }

    private Cost soFar(long cpuNanos) {
        return new Cost(counted.hypercalls(), counted.storeRequests(), cpuNanos / NANOS_PER_MILLI);
    }

    @Override
    public void close() {
        counted.libraries().close();
        builder.close();
    }
}
