// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** A supervisor is struck at each of its calls in turn; whoever comes next brings it to the same end. */
class SupervisorFaultsTest {
    private static final SupervisionPolicy POLICY = SupervisionPolicy.standard();
    private static final long BEFORE_BUILD = 90;
    private static final long AFTER_BUILD = 40;
    private static final long STRIDE = 37;
    private static final Duration LONG = Duration.ofMinutes(2);

    /** Actions that differ in what they do to the old domain. */
    @ParameterizedTest
    @EnumSource(
            value = LifecycleAction.class,
            names = {"DESTROY", "RESTART", "RENAME_RESTART", "PRESERVE"})
    void aSupervisorMayBeKilledAtAnyCall(LifecycleAction action) {
        strikeAtEachCall(action, Fault::processKilled);
    }

    @Test
    void aSupervisorSurvivesTheFailureOfAnyCall() {
        strikeAtEachCall(LifecycleAction.RENAME_RESTART, n -> Fault.callFails(n, Errno.EIO));
    }

    @Test
    void aSupervisorSurvivesTheLossOfAnyAnswer() {
        strikeAtEachCall(LifecycleAction.RENAME_RESTART, n -> Fault.answerLost(n, Errno.EIO));
    }

    /** Of the calls of the build in the middle only some: builds have a test of their own. */
    private static void strikeAtEachCall(LifecycleAction action, LongFunction<Fault> faultAt) {
        try (SupervisorBench bench = new SupervisorBench()) {
            long calls = strike(bench, action, Fault.processKilled(Long.MAX_VALUE), "no call");
            for (long n = 1; n <= calls; n++) {
                if (n <= BEFORE_BUILD || n > calls - AFTER_BUILD || n % STRIDE == 0) {
                    strike(bench, action, faultAt.apply(n), "call " + n);
                }
            }
            assertTrue(calls > 20, "a supervisor makes more calls than " + calls);
        }
    }

    /**
     * Another supervisor is there all the time, and looks on until the first one is gone. The machine is unchanged
     * afterwards.
     *
     * @return calls that the first supervisor has made
     */
    private static long strike(SupervisorBench bench, LifecycleAction action, Fault fault, String where) {
        MachineState before = bench.host.state();
        Domain domain =
                bench.start(SupervisorBench.guest(action).maxMemoryMib(17).build());
        Supervisor other = bench.supervisor(POLICY);
        other.tick(bench.now());
        TestProcess process = bench.host.newProcess();
        Supervisor first = bench.supervisor(POLICY, process.open());
        bench.stop(domain, SupervisorBench.CRASH);
        long start = process.faults().calls();
        process.faults().inject(fault);
        boolean killed = false;
        try {
            bench.run(LONG, first);
        } catch (ProcessKilled death) {
            killed = true;
        }
        String what = where + ": " + process.faults().injected();
        long calls = process.faults().calls() - start;
        process.faults().close();
        other.tick(bench.now());
        process.ends();
        if (killed) {
            bench.run(LONG, other);
        }
        assertEnd(bench, action, domain, what);
        bench.host.toolstack.domains().stream()
                .filter(left -> left.domid() != 0)
                .forEach(Domain::destroy);
        bench.host.assertUnchangedSince(before, what);
        return calls;
    }

    private static void assertEnd(SupervisorBench bench, LifecycleAction action, Domain domain, String what) {
        List<Set<State>> states = bench.host.toolstack.statuses().stream()
                .filter(status -> status.domid() != 0)
                .map(DomainStatus::states)
                .toList();
        assertEquals(
                switch (action) {
                    case RESTART -> List.of(Set.of(State.BLOCKED));
                    case RENAME_RESTART -> List.of(Set.of(State.CRASHED), Set.of(State.BLOCKED));
                    case PRESERVE -> List.of(Set.of(State.CRASHED));
                    default -> List.of();
                },
                states,
                what);
        for (String journal : bench.store.list("/tool/xenjava")) {
            assertEquals(List.of(), bench.store.list("/tool/xenjava/" + journal), what);
        }
        if (action == LifecycleAction.RENAME_RESTART) {
            assertEquals("web", bench.present(domain).orElseThrow().name(), what);
        }
    }
}
