// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.lifecycle.SupervisionEvent.Kind;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.HaltingPvKernel;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The supervisor does with a stopped guest what its configuration says. */
class SupervisorTest {
    private static final SupervisionPolicy POLICY = SupervisionPolicy.standard();
    private static final Duration A_MINUTE = Duration.ofMinutes(1);

    private final SupervisorBench bench = new SupervisorBench();
    private final MachineState before = bench.host.state();

    @AfterEach
    void close() {
        bench.close();
    }

    private void stopAndWait(Domain domain, int reason) {
        bench.stop(domain, reason);
        bench.run(A_MINUTE, bench.supervisor(POLICY));
    }

    @ParameterizedTest(name = "reason {0}: {1}")
    @CsvSource({"0, DESTROYED", "1, RESTARTED", "3, KEPT", "4, DESTROYED", "5, RESTARTED", "77, DESTROYED"})
    void eachReasonHasItsAction(int reason, Kind end) {
        Domain domain = bench.start(SupervisorBench.guest(LifecycleAction.DESTROY)
                .lifecycle(new Lifecycle(LifecycleAction.DESTROY, LifecycleAction.RESTART, LifecycleAction.PRESERVE))
                .build());
        stopAndWait(domain, reason);
        assertEquals(List.of(Kind.STOPPED, end), bench.kinds());
    }

    @Test
    void aSuspendedGuestIsNotDestroyed() {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.DESTROY).build());
        stopAndWait(domain, SupervisorBench.SUSPEND);
        assertTrue(domain.exists());
        assertEquals(List.of(), bench.kinds());
    }

    @Test
    void theActionDestroyLeavesNothing() {
        stopAndWait(bench.start(SupervisorBench.guest(LifecycleAction.DESTROY).build()), SupervisorBench.POWER_OFF);
        bench.host.assertUnchangedSince(before, "destroyed");
    }

    @ParameterizedTest
    @EnumSource(
            value = LifecycleAction.class,
            names = {"RESTART", "SOFT_RESET"})
    void aRestartIsTheSameGuestInANewDomainThatRuns(LifecycleAction action) {
        Domain domain = bench.start(SupervisorBench.guest(action).build());
        DomainConfig config = domain.config().orElseThrow();
        stopAndWait(domain, SupervisorBench.REBOOT);
        Domain next = bench.present(domain).orElseThrow();
        assertNotEquals(domain.domid(), next.domid());
        assertFalse(domain.exists());
        assertEquals(Set.of(State.BLOCKED), next.status().states());
        assertEquals(Optional.of(config), next.config());
        assertEquals(next.domid(), bench.events.get(1).domid());
        next.destroy();
        bench.host.assertUnchangedSince(before, "restarted and destroyed");
    }

    @Test
    void aPreservedGuestIsPreservedByLaterSupervisors() {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.PRESERVE).build());
        stopAndWait(domain, SupervisorBench.CRASH);
        bench.run(A_MINUTE, bench.supervisor(POLICY));
        assertTrue(domain.exists());
        assertEquals(List.of(Kind.STOPPED, Kind.KEPT), bench.kinds());
        domain.destroy();
        bench.host.assertUnchangedSince(before, "kept and destroyed");
    }

    @Test
    void renameRestartSetsTheOldDomainAsideAndBuildsANewOneOfItsName() {
        Domain domain = bench.start(
                SupervisorBench.guest(LifecycleAction.RENAME_RESTART).build());
        stopAndWait(domain, SupervisorBench.CRASH);
        Domain next = bench.present(domain).orElseThrow();
        assertEquals("web", next.name());
        assertEquals(Set.of(State.BLOCKED), next.status().states());
        Domain aside = bench.host.toolstack.find(domain.domid()).orElseThrow();
        assertEquals("web-20261122T1232Z", aside.name());
        assertEquals(Set.of(State.CRASHED), aside.status().states());
        assertNotEquals(domain.uuid(), aside.uuid());
        bench.run(A_MINUTE, bench.supervisor(POLICY));
        assertEquals(List.of(Kind.STOPPED, Kind.SET_ASIDE, Kind.RESTARTED), bench.kinds());
        aside.destroy();
        next.destroy();
        bench.host.assertUnchangedSince(before, "both destroyed");
    }

    @Test
    void whatMemSetAndMemMaxHaveChangedStaysChanged() {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
        domain.memory().set(KiB.ofMiB(20));
        domain.memory().setMaximum(KiB.ofMiB(48));
        stopAndWait(domain, SupervisorBench.REBOOT);
        Domain next = bench.present(domain).orElseThrow();
        assertEquals(KiB.ofMiB(20), next.memory().status().target());
        assertEquals(KiB.ofMiB(48), next.memory().status().staticMax());
    }

    @ParameterizedTest
    @CsvSource({"COREDUMP_DESTROY, DESTROYED", "COREDUMP_RESTART, RESTARTED"})
    void aCoreIsDumpedFirst(LifecycleAction action, Kind end, @TempDir Path dumps) {
        Domain domain = bench.start(SupervisorBench.guest(action).build());
        bench.stop(domain, SupervisorBench.CRASH);
        bench.run(A_MINUTE, bench.supervisor(POLICY.withDumps(dumps)));
        assertEquals(List.of(Kind.STOPPED, Kind.DUMPED, end), bench.kinds());
        assertTrue(Files.exists(dumps.resolve("web")));
    }

    @Test
    void aFailedDumpDoesNotPreserveTheDomain() {
        Domain domain = bench.start(
                SupervisorBench.guest(LifecycleAction.COREDUMP_DESTROY).build());
        bench.stop(domain, SupervisorBench.CRASH);
        bench.run(A_MINUTE, bench.supervisor(POLICY.withDumps(Path.of("/nowhere"))));
        assertEquals(List.of(Kind.STOPPED, Kind.DUMP_FAILED, Kind.DESTROYED), bench.kinds());
    }

    @Test
    void aDomainOfAnotherToolstackIsLeftToIt() {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.DESTROY).build());
        bench.store.direct().remove("/libxl/" + domain.domid() + "/xenjava");
        stopAndWait(domain, SupervisorBench.POWER_OFF);
        assertTrue(domain.exists());
        assertEquals(List.of(), bench.kinds());
    }

    @Test
    void aSupervisorOfOneDomainLeavesTheOthersAndOthersLeaveIt() {
        Domain mine = bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
        Domain other = bench.start(
                TestHost.guest("db", 16, 32).lifecycle(Lifecycle.DEFAULT).build());
        Supervisor own = bench.supervisor(POLICY.only(mine.uuid()));
        own.tick(bench.now());
        bench.stop(mine, SupervisorBench.REBOOT);
        bench.stop(other, SupervisorBench.REBOOT);
        bench.run(A_MINUTE, bench.supervisor(POLICY));
        assertTrue(mine.exists());
        assertFalse(other.exists());
        assertTrue(bench.kinds().contains(Kind.LEFT_TO_ANOTHER));
        bench.run(A_MINUTE, own);
        assertFalse(mine.exists());
        Domain next = bench.present(mine).orElseThrow();
        bench.stop(next, SupervisorBench.REBOOT);
        bench.run(A_MINUTE, bench.supervisor(POLICY));
        assertTrue(next.exists());
        own.release();
        bench.run(A_MINUTE, bench.supervisor(POLICY));
        assertFalse(next.exists());
    }

    @Test
    void theFirstTickActsOnADomainThatHasStoppedBefore() {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
        bench.stop(domain, SupervisorBench.REBOOT);
        bench.host.xen.advance(Duration.ofHours(1));
        bench.supervisor(POLICY).tick(bench.now());
        assertFalse(domain.exists());
    }

    @ParameterizedTest
    @ValueSource(ints = {SupervisorBench.REBOOT, SupervisorBench.CRASH})
    void aGuestThatStopsAgainAndAgainIsKeptInTheEnd(int reason) {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
        Supervisor supervisor = bench.supervisor(POLICY.withLoopLimit(Duration.ofSeconds(10), 3));
        for (int i = 0; i < 10 && bench.present(domain).isPresent(); i++) {
            bench.present(domain)
                    .filter(now -> now.status().shutdownReason().isEmpty())
                    .ifPresent(now -> bench.stop(now, reason));
            bench.run(Duration.ofSeconds(2), supervisor);
        }
        assertEquals(3, bench.kinds().stream().filter(Kind.RESTARTED::equals).count());
        assertEquals(Kind.KEPT, bench.kinds().get(bench.kinds().size() - 1));
    }

    @Test
    void aGuestThatRunsLongEnoughIsRestartedWithoutALimit() {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
        Supervisor supervisor = bench.supervisor(POLICY.withLoopLimit(Duration.ofSeconds(10), 3));
        for (int i = 0; i < 10; i++) {
            bench.run(Duration.ofSeconds(11), supervisor);
            bench.stop(bench.present(domain).orElseThrow(), SupervisorBench.REBOOT);
        }
        bench.run(Duration.ofSeconds(11), supervisor);
        assertEquals(10, bench.kinds().stream().filter(Kind.RESTARTED::equals).count());
    }

    @Test
    void aRestartThatFailsIsTriedAgainAndLeavesNothingBetween() throws Exception {
        Domain domain =
                bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
        Path kernel = domain.config().orElseThrow().kernel().orElseThrow();
        byte[] bytes = Files.readAllBytes(kernel);
        Supervisor supervisor = bench.supervisor(POLICY);
        bench.stop(domain, SupervisorBench.REBOOT);
        try {
            Files.delete(kernel);
            bench.run(A_MINUTE, supervisor);
            assertEquals(
                    List.of(Kind.RESTART_FAILED),
                    bench.kinds().subList(1, bench.kinds().size()).stream()
                            .distinct()
                            .toList());
            assertEquals(before.domains(), bench.host.state().domains());
        } finally {
            Files.write(kernel, bytes);
        }
        bench.run(Duration.ofMinutes(2), supervisor);
        bench.present(domain).orElseThrow().destroy();
        bench.host.assertUnchangedSince(before, "restarted at last");
    }

    @Test
    void aRestartThatFailsForTooLongIsGivenUp() {
        Domain domain = bench.start(SupervisorBench.guest(LifecycleAction.RESTART)
                .name("short-lived")
                .build());
        bench.stop(domain, SupervisorBench.REBOOT);
        bench.supervisor(POLICY.withRetryFor(Duration.ZERO)).tick(bench.now());
        assertTrue(bench.present(domain).isPresent());
        bench.stop(startedAgain(domain), SupervisorBench.REBOOT);
        bench.host.faults.inject(Fault.nthOf("XENMEM_claim_pages", 1, Errno.ENOMEM));
        bench.run(A_MINUTE, bench.supervisor(POLICY.withRetryFor(Duration.ZERO)));
        assertEquals(Kind.GAVE_UP, bench.kinds().get(bench.kinds().size() - 1));
        bench.host.assertUnchangedSince(before, "given up");
    }

    private Domain startedAgain(Domain domain) {
        bench.host.xen.advance(Duration.ofSeconds(1));
        return bench.present(domain).orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void tenRebootsChangeNoNumber(DomainType type, @TempDir Path directory) throws IOException {
        DomainConfig.Builder guest =
                DomainConfig.builder("web").type(type).memoryMib(32).maxMemoryMib(64);
        switch (type) {
            case PVH ->
                guest.kernel(SupervisorBench.guest(LifecycleAction.RESTART)
                        .build()
                        .kernel()
                        .orElseThrow());
            case PV -> guest.kernel(Files.write(directory.resolve("kernel"), HaltingPvKernel.elf()));
            case HVM -> {}
        }
        Domain domain = bench.start(guest.build());
        Supervisor supervisor = bench.supervisor(POLICY.withLoopLimit(Duration.ZERO, 5));
        domain.memory().set(KiB.ofMiB(40));
        List<Object> first = List.of();
        for (int i = 0; i < 10; i++) {
            bench.stop(bench.present(domain).orElseThrow(), SupervisorBench.REBOOT);
            supervisor.tick(bench.now());
            Domain next = bench.present(domain).orElseThrow();
            var pod = next.pod().status();
            List<Object> numbers =
                    List.of(next.memory().status(), pod.totPages(), pod.entries(), pod.cache(), next.config());
            first = first.isEmpty() ? numbers : first;
            assertEquals(first, numbers);
            bench.run(Duration.ofSeconds(30), supervisor);
        }
        assertEquals(
                KiB.ofMiB(40),
                bench.present(domain).orElseThrow().memory().status().size());
    }
}
