// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** A build is struck at each of its calls in turn, in every way, and leaves nothing behind. */
@ParameterizedClass(name = "Xen {0}")
@MethodSource("org.xenjava.toolstack.host.TestHost#releases")
class FaultAtEveryCallTest {
    private static final UUID ID = UUID.fromString("c0ffee00-0000-4000-8000-000000000001");
    private static final DomainConfig CONFIG =
            TestHost.guest("struck", 16, 32).uuid(ID).vcpus(2).build();

    /** Every call on 4.17; on the others one in five, others in each of them. */
    private static final int STRIDE = 5;

    private final TestHost host;
    private final MachineState before;
    private final int first;
    private final int stride;

    FaultAtEveryCallTest(XenRelease release) {
        host = TestHost.of(SimulatedXen.builder().release(release.major(), release.minor()));
        before = host.state();
        boolean every = release.minor() == 17;
        first = every ? 1 : 1 + release.minor() % STRIDE;
        stride = every ? 1 : STRIDE;
    }

    @AfterEach
    void close() {
        host.close();
    }

    private long callsOfABuild() {
        long start = host.faults.calls();
        Domain built = host.toolstack.create(CONFIG);
        long calls = host.faults.calls() - start;
        built.destroy();
        host.assertUnchangedSince(before, "without a fault");
        assertTrue(calls > 100, "a build is more than " + calls + " calls");
        return calls;
    }

    private String lastStruck() {
        List<FaultSite> struck = host.faults.injected();
        return struck.get(struck.size() - 1).toString();
    }

    private void strikeEachCall(LongFunction<Fault> faultAt) {
        callsOfABuild();
        // What the first build has asked of the host is known to the others.
        long calls = callsOfABuild();
        for (long n = first; n <= calls; n += stride) {
            host.faults.inject(faultAt.apply(n));
            ToolstackException e = assertThrows(ToolstackException.class, () -> host.toolstack.create(CONFIG));
            host.faults.heal();
            assertUseful(e);
            host.assertUnchangedSince(before, lastStruck());
        }
    }

    /** It says what was tried, on what, and what came of it. */
    private void assertUseful(ToolstackException e) {
        String message = e.getMessage();
        boolean generic = e instanceof XenCallException || e instanceof XenStoreException;
        boolean saysOnWhat = message.startsWith("building domain struck");
        boolean saysWhy = !generic || message.matches(".*: E[A-Z]+( \\(.+\\))?");
        assertTrue(saysOnWhat && saysWhy, () -> lastStruck() + ": " + message);
    }

    @ParameterizedTest(name = "errno {0}")
    @ValueSource(ints = {1, 3, 5, 12, 22})
    void aCallThatFails(int errno) {
        strikeEachCall(n -> Fault.callFails(n, new Errno(errno)));
    }

    @Test
    void aCallThatTakesEffectAndWhoseAnswerIsLost() {
        strikeEachCall(n -> Fault.answerLost(n, Errno.EIO));
    }

    @Test
    void theNextProcessRemovesTheLeftoversOfAKilledOne() {
        long calls = callsOfABuild();
        for (long n = first; n <= calls; n += stride) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, () -> toolstack.create(CONFIG));
            });
        }
    }

    @Test
    void aBuildThatLosesXenstoredLeavesNoDomainAndItsNodesToTheNext() {
        long calls = callsOfABuild();
        for (long n = first; n <= calls; n += stride) {
            Fault loss = Fault.xenstoredGone(n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(loss);
                assertThrows(XenStoreException.class, () -> toolstack.create(CONFIG));
                assertEquals(before.domains(), host.state().domains());
                assertEquals(before.memory(), host.state().memory());
            });
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tool/xenjava/.*",
                "/local/domain/1",
                "/vm/.*",
                "/libxl/.*",
                ".*/memory/target",
                ".*/console/port"
            })
    void aQuotaThatIsUsedUp(String paths) {
        Pattern full = Pattern.compile(paths);
        host.faults.inject(Fault.every(
                call -> call.name().equals("xs_write")
                        && call.path().filter(full.asMatchPredicate()).isPresent(),
                Errno.ENOSPC));
        XenStoreException e = assertThrows(XenStoreException.class, () -> host.toolstack.create(CONFIG));
        assertTrue(e.getMessage().endsWith(": ENOSPC (a xenstored quota is used up)"), e.getMessage());
        host.assertUnchangedSince(before, e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tool/xenjava/.*", "/local/domain/1(/.*)?", "/vm/.*", "/libxl/.*"})
    void aPartOfXenstoreThatIsClosedToTheProcess(String paths) {
        host.letTheNextProcessCleanUpAfter(before, process -> {
            Toolstack toolstack = process.open();
            process.faults().inject(Fault.pathsRefused(Pattern.compile(paths), Errno.EACCES));
            XenStoreException e = assertThrows(XenStoreException.class, () -> toolstack.create(CONFIG));
            assertTrue(e.getMessage().endsWith(": EACCES (run as root in the control domain)"), e.getMessage());
            assertEquals(before.domains(), host.state().domains());
        });
    }

    @Test
    void conflictsInXenstoreWithoutEnd() {
        AtomicInteger commits = new AtomicInteger();
        // The first commit is the note's.
        host.faults.inject(call ->
                call.method().equals("transactionCommit") && commits.incrementAndGet() > 1 && commits.get() <= 41
                        ? new Verdict.Fails(Errno.EAGAIN)
                        : new Verdict.Passes());
        XenStoreException e = assertThrows(XenStoreException.class, () -> host.toolstack.create(CONFIG));
        assertEquals(
                "building domain struck, step '" + CreateStep.WRITE_XENSTORE.words()
                        + "': xenstore: a transaction conflicted 40 times in a row: " + "EAGAIN",
                e.getMessage());
        host.assertUnchangedSince(before, "after conflicts");
    }

    @Test
    void conflictsInXenstoreThatEnd() {
        host.faults.inject(Fault.commitsConflict(39));
        assertEquals("struck", host.toolstack.create(CONFIG).name());
    }
}
