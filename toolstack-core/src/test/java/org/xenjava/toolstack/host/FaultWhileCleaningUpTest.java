// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.progress.Leftover;
import org.xenjava.toolstack.progress.RemovalStep;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Injects faults into the cleanup itself: nothing is lost, and another process or a second attempt finishes it. */
class FaultWhileCleaningUpTest {
    private static final DomainConfig CONFIG = TestHost.guest("struck", 16, 32)
            .uuid(UUID.fromString("c0ffee00-0000-4000-8000-000000000002"))
            .build();

    /** A destroy looks at the domain (two calls) and records the removal; a process killed earlier has not begun. */
    private static final long FIRST_AFTER_THE_RECORD = 4;

    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    /** Fails a build at its last step but one, when there is most to undo. */
    private static ToolstackException failLate(TestProcess process, Toolstack toolstack) {
        process.faults().inject(Fault.nthOf("xs_introduce_domain", 1, Errno.EINVAL));
        return assertThrows(ToolstackException.class, () -> toolstack.create(CONFIG));
    }

    /** Calls of a build that fails late up to its failure, and calls that undo it. */
    private record Calls(long build, long undo) {}

    private Calls callsOfALateFailure() {
        long start = host.faults.calls();
        host.faults.inject(Fault.nthOf("xs_introduce_domain", 1, Errno.EINVAL));
        assertThrows(ToolstackException.class, () -> host.toolstack.create(CONFIG));
        long struck = host.faults.injected().get(0).number();
        Calls calls = new Calls(struck - start, host.faults.calls() - struck);
        assertTrue(calls.undo() > 10, calls.toString());
        return calls;
    }

    @Test
    void anUndoThatFailsLeavesTheRestToTheNextProcess() {
        Calls calls = callsOfALateFailure();
        for (long n = 1; n <= calls.undo(); n++) {
            Fault second = Fault.callFails(calls.build() + n, Errno.EIO);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(second);
                ToolstackException e = failLate(process, toolstack);
                assertEquals(2, process.faults().injected().size());
                assertTrue(e.getMessage().contains("introduce"), e.getMessage());
                assertTrue(
                        e.getSuppressed().length > 0
                                || host.state().changesSince(before).isEmpty(),
                        "what could not be undone is told");
            });
        }
    }

    @Test
    void aProcessThatIsKilledWhileItUndoesLeavesTheRestToTheNext() {
        Calls calls = callsOfALateFailure();
        for (long n = 1; n <= calls.undo(); n++) {
            Fault death = Fault.processKilled(calls.build() + n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                failLate(process, toolstack);
            });
        }
    }

    @Test
    void aDomainThatCannotBeDestroyedIsNotForgotten() {
        host.letTheNextProcessCleanUpAfter(before, process -> {
            Toolstack toolstack = process.open();
            process.faults().inject(Fault.every(call -> call.name().equals("XEN_DOMCTL_destroydomain"), Errno.EPERM));
            ToolstackException e = failLate(process, toolstack);
            assertEquals(1, e.getSuppressed().length);
            assertEquals(2, toolstack.domains().size());
        });
    }

    private void leaveABuildToBeRecovered() {
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        process.faults().inject(Fault.nthOf("xs_introduce_domain", 1, new Verdict.Kills()));
        assertThrows(ProcessKilled.class, () -> toolstack.create(CONFIG));
        process.ends();
        assertFalse(host.state().changesSince(before).isEmpty());
    }

    private long callsOfARecovery() {
        leaveABuildToBeRecovered();
        TestProcess process = host.newProcess();
        process.open().close();
        host.assertUnchangedSince(before, "after a recovery");
        long calls = process.faults().calls();
        assertTrue(calls > 20, "a recovery is more than " + calls + " calls");
        return calls;
    }

    @Test
    void aRecoveryThatIsKilledIsFinishedByTheNext() {
        long calls = callsOfARecovery();
        for (long n = 1; n <= calls; n++) {
            leaveABuildToBeRecovered();
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, process::open);
            });
        }
    }

    @Test
    void aRecoveryThatFailsIsFinishedByTheNext() {
        long calls = callsOfARecovery();
        for (long n = 1; n <= calls; n++) {
            leaveABuildToBeRecovered();
            Fault failure = Fault.callFails(n, Errno.EIO);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                process.faults().inject(failure);
                try {
                    process.open();
                } catch (ToolstackException e) {
                    assertTrue(e.getMessage().contains("EIO"), e.getMessage());
                }
                assertEquals(1, process.faults().injected().size());
            });
        }
    }

    private Domain create() {
        return host.toolstack.create(CONFIG);
    }

    private long callsOfADestroy() {
        Domain domain = create();
        long start = host.faults.calls();
        domain.destroy();
        host.assertUnchangedSince(before, "after a destroy");
        return host.faults.calls() - start;
    }

    /** If xenstore does not say whether a domain has a QEMU, a destroy looks at the processes and goes on. */
    private static void assertFails(Domain domain, FaultInjection faults) {
        try {
            domain.destroy();
        } catch (ToolstackException expected) {
            return;
        }
        FaultSite struck = faults.injected().get(faults.injected().size() - 1);
        DomainPaths paths = new DomainPaths(domain.domid());
        assertTrue(
                struck.path()
                        .filter(List.of(paths.deviceModelIdentity(), paths.deviceModelPid())::contains)
                        .isPresent(),
                "nothing was thrown for " + struck);
    }

    @Test
    void aDestroyThatFailsCanBeRepeated() {
        long calls = callsOfADestroy();
        for (long n = 1; n <= calls; n++) {
            Domain domain = create();
            host.faults.inject(Fault.callFails(n, Errno.EIO));
            assertFails(domain, host.faults);
            host.faults.heal();
            domain.destroy();
            host.assertUnchangedSince(before, host.faults.injected().toString());
            domain.destroy();
        }
    }

    @Test
    void aDestroyThatFailsIsFinishedByTheNextProcess() {
        long calls = callsOfADestroy();
        for (LongFunction<Fault> faultAt : List.<LongFunction<Fault>>of(
                n -> Fault.callFails(n, Errno.EIO), n -> Fault.answerLost(n, Errno.EIO), Fault::xenstoredGone)) {
            for (long n = 1; n <= calls; n++) {
                Fault fault = faultAt.apply(n);
                host.letTheNextProcessCollectAfter(before, process -> {
                    Domain domain = process.open().create(CONFIG);
                    process.faults().inject(fault);
                    assertFails(domain, process.faults());
                });
            }
        }
    }

    @Test
    void aDestroyThatIsKilledIsFinishedByTheNextProcess() {
        long calls = callsOfADestroy();
        for (long n = FIRST_AFTER_THE_RECORD; n <= calls; n++) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCollectAfter(before, process -> {
                Domain domain = process.open().create(CONFIG);
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, domain::destroy);
            });
        }
    }

    @Test
    void aDestroyThatFailsIsFinishedByItsOwnProcess() {
        long calls = callsOfADestroy();
        for (long n = 1; n <= calls; n++) {
            Domain domain = create();
            host.faults.inject(Fault.callFails(n, Errno.EIO));
            assertFails(domain, host.faults);
            host.faults.heal();
            host.toolstack.leftovers().removeAll();
            host.assertUnchangedSince(before, host.faults.injected().toString());
            assertEquals(List.of(), host.toolstack.leftovers().find());
        }
    }

    @Test
    void aNameCountsOnlyIfXenHasTheDomain() {
        Domain first = create();
        host.faults.inject(Fault.every(call -> call.name().equals("xs_rm"), Errno.EIO));
        assertThrows(ToolstackException.class, first::destroy);
        host.faults.heal();
        assertFalse(first.exists());
        assertTrue(host.toolstack.find("struck").isEmpty());

        Domain second =
                host.toolstack.create(CONFIG.toBuilder().uuid(UUID.randomUUID()).build());
        assertEquals("struck", second.name());
        host.toolstack.leftovers().removeAll();
        assertEquals("struck", second.name());
        second.destroy();
        host.assertUnchangedSince(before, "after both");
    }

    @Test
    void aDestroyThatIsKilledCanBeDoneByAnother() {
        long calls = callsOfADestroy();
        for (long n = 1; n <= calls; n++) {
            Domain domain = create();
            TestProcess process = host.newProcess();
            Domain same = process.open().find(domain.uuid()).orElseThrow();
            process.faults().inject(Fault.processKilled(n));
            assertThrows(ProcessKilled.class, same::destroy);
            domain.destroy();
            host.assertUnchangedSince(before, process.faults().injected().toString());
        }
    }

    @Test
    void leftoversOfADomainAreNotTakenFromItsSuccessorWithTheSameUuid() {
        Domain first = create();
        first.destroy();
        Domain rebooted = create();
        MachineState running = host.state();
        first.destroy();
        host.assertUnchangedSince(running, "after the old handle's destroy");
        assertEquals("struck", rebooted.name());
    }

    @Test
    void aDestroyThatLosesXenstoredStillDestroys() {
        Domain domain = create();
        host.faults.inject(Fault.xenstoredGone(1));
        ToolstackException e = assertThrows(ToolstackException.class, domain::destroy);
        assertEquals(Optional.of(RemovalStep.RECORD_REMOVAL), e.step());
        assertEquals(
                "destroying domain " + domain.domid() + ", step '" + RemovalStep.RECORD_REMOVAL.words()
                        + "': xenstore: cannot write "
                        + "/tool/xenjava/removals/" + domain.domid() + "-" + domain.uuid()
                        + ": EIO (check that xenstored runs)",
                e.getMessage());
        assertFalse(domain.exists());
        assertEquals(before.memory(), host.state().memory());
    }

    /** The process runs on, as a supervisor does. */
    @Test
    void aRemovalWhoseFailureCouldNotBeRecordedIsFinishedByTheSameProcessAndThenByOthers() {
        Domain domain = create();
        host.faults.inject(Fault.xenstoredGone(6));
        assertThrows(ToolstackException.class, domain::destroy);
        host.faults.heal();
        assertEquals(
                List.of(Leftover.Kind.REMOVAL),
                host.toolstack.leftovers().find().stream().map(Leftover::kind).toList());
        host.newProcess().open().close();
        host.assertUnchangedSince(before, "another process after the failed one has looked");
    }

    @Test
    void aRemovalWhoseFailureCouldNotBeRecordedIsRepeatedByTheSameProcess() {
        Domain domain = create();
        host.faults.inject(Fault.xenstoredGone(6));
        assertThrows(ToolstackException.class, domain::destroy);
        host.faults.heal();
        host.toolstack.leftovers().removeAll();
        host.assertUnchangedSince(before, "the same process has cleaned up");
    }
}
