// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Builds that want the same name or UUID, and many at once. */
class ClashingBuildsTest {
    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();
    private final ExecutorService threads = Executors.newFixedThreadPool(8);

    @AfterEach
    void close() {
        threads.shutdownNow();
        host.close();
    }

    private static DomainConfig.Builder small(String name) {
        return TestHost.guest(name, 16, 32);
    }

    @Test
    void aNameThatExistsIsRefusedAndItsOwnerIsNamed() {
        Domain first = host.toolstack.create(small("twin").build());
        MachineState withOne = host.state();
        DomainExistsException e = assertThrows(
                DomainExistsException.class,
                () -> host.toolstack.create(small("twin").build()));
        assertEquals(
                "a domain named 'twin' exists already: domid " + first.domid() + "; destroy it or choose another name",
                e.getMessage());
        host.assertUnchangedSince(withOne, "after the refusal");
    }

    @Test
    void aUuidThatExistsIsRefusedAndItsOwnerIsNamed() {
        Domain first = host.toolstack.create(small("first").build());
        MachineState withOne = host.state();
        DomainExistsException e = assertThrows(
                DomainExistsException.class,
                () -> host.toolstack.create(small("second").uuid(first.uuid()).build()));
        assertTrue(e.getMessage().contains(first.uuid() + " exists already: domid " + first.domid()), e.getMessage());
        host.assertUnchangedSince(withOne, "after the refusal");
    }

    @Test
    void aNameAndAUuidAreFreeAgainOnceTheirDomainIsDestroyed() {
        DomainConfig config = small("phoenix").uuid(UUID.randomUUID()).build();
        host.toolstack.create(config).destroy();
        Domain second = host.toolstack.create(config);
        assertEquals("phoenix", second.name());
    }

    /** Builds all of them, each in a process of its own, so that all enter that step at the same time. */
    private List<Object> together(CreateStep step, DomainConfig... configs) throws Exception {
        CyclicBarrier entrance = new CyclicBarrier(configs.length);
        List<Future<Domain>> builds = new ArrayList<>();
        for (DomainConfig config : configs) {
            Toolstack toolstack = host.newProcess().open();
            CreateListener inStep = message -> {
                if (message.phase() == StepPhase.STARTED && message.step() == step) {
                    meet(entrance);
                }
            };
            builds.add(threads.submit(() -> toolstack.create(config, inStep, new Cancellation())));
        }
        List<Object> outcomes = new ArrayList<>();
        for (Future<Domain> build : builds) {
            try {
                outcomes.add(build.get());
            } catch (ExecutionException e) {
                outcomes.add(e.getCause());
            }
        }
        return outcomes;
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void assertOneWins(List<Object> outcomes) {
        assertEquals(1, outcomes.stream().filter(Domain.class::isInstance).count(), outcomes.toString());
        assertEquals(
                outcomes.size() - 1,
                outcomes.stream()
                        .filter(DomainExistsException.class::isInstance)
                        .count(),
                outcomes.toString());
        Domain winner = outcomes.stream()
                .filter(Domain.class::isInstance)
                .map(Domain.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals(KiB.ofMiB(16), winner.memory().status().target());
        assertTrue(host.state().xenstore().containsKey("/vm/" + winner.uuid() + "/name"));
        winner.destroy();
        host.assertUnchangedSince(before, "after the winner is destroyed");
    }

    @RepeatedTest(5)
    void exactlyOneOfSeveralBuildsWithOneNameSucceeds() throws Exception {
        DomainConfig config = small("wanted").build();
        assertOneWins(together(CreateStep.WRITE_XENSTORE, config, config, config));
    }

    @RepeatedTest(5)
    void exactlyOneOfSeveralBuildsWithOneUuidSucceeds() throws Exception {
        UUID uuid = UUID.randomUUID();
        assertOneWins(together(
                CreateStep.RECORD_BUILD,
                small("one").uuid(uuid).build(),
                small("two").uuid(uuid).build(),
                small("three").uuid(uuid).build()));
    }

    @Test
    void fiftyGuestsComeAndGoOnEightThreadsAndTheHostIsAsBefore() throws Exception {
        List<Callable<Long>> lives = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String name = "guest-" + i;
            lives.add(() -> {
                Domain domain = host.toolstack.create(small(name).build());
                domain.unpause();
                domain.memory().set(KiB.ofMiB(20));
                long target =
                        host.toolstack.resolve(name).memory().status().target().value();
                domain.destroy();
                return target;
            });
        }
        for (Future<Long> life : threads.invokeAll(lives)) {
            assertEquals(20 * 1024, life.get());
        }
        host.assertUnchangedSince(before, "after fifty guests");
    }
}
