// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Injects a fault at each call of a save and of a restore: afterwards exactly one guest runs, or is in the file. */
class SaveFaultsTest {
    private static final UUID ID = UUID.fromString("c0ffee00-0000-4000-8000-000000000013");

    /** One call in eleven, because every call takes half a minute; {@code -Dstride=1} covers all. */
    private static final int STRIDE = Integer.getInteger("stride", 11);

    /** The calls that remove a domain, and some before. */
    private static final int LAST_CALLS = 25;

    private final TestHost host = TestHost.create();
    private final MachineState empty = host.state();

    @TempDir
    Path directory;

    private Path file = Path.of("");
    private DomainType saved = DomainType.PVH;

    @BeforeEach
    void name() {
        file = directory.resolve("web.save");
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void start() {
        start(guest(saved));
    }

    private void start(DomainConfig.Builder guest) {
        Domain domain = host.toolstack.create(guest.uuid(ID).build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
    }

    private Domain web(Toolstack toolstack) {
        return toolstack.find(ID).orElseThrow();
    }

    private void save(Toolstack toolstack, Afterwards afterwards) {
        Domain domain = web(toolstack);
        PassingTime.during(host.xen, () -> domain.saving().save(file, afterwards));
    }

    private void restore(Toolstack toolstack) {
        toolstack.restore(file, CreateListener.NONE, new Cancellation()).unpause();
    }

    private List<DomainInfo> alive() {
        return host.xenctrl.domains().list().stream()
                .filter(info -> info.handle().equals(ID) && !info.dying())
                .toList();
    }

    /**
     * Exactly one guest is there after a save that is to destroy the domain: a domain that runs, or a complete file. Brings
     * it back if it is the file, and removes the file.
     */
    private void assertOneGuest(String after) {
        List<String> files = files();
        if (alive().isEmpty()) {
            assertEquals(List.of("web.save"), files, after);
            restore(host.toolstack);
            removeFile();
        } else {
            assertEquals(List.of(), files, after);
        }
        assertRuns(after);
    }

    private void assertRuns(String after) {
        List<DomainInfo> alive = alive();
        assertEquals(1, alive.size(), after);
        assertFalse(alive.get(0).shutdown(), after);
        assertFalse(alive.get(0).paused(), after);
        host.xen.advance(Duration.ofSeconds(1));
    }

    /** The guest of a save that lets it run on does, beside a complete file. */
    private void assertGuestAndFile(String after) {
        assertRuns(after);
        assertEquals(List.of("web.save"), files(), after);
    }

    private void removeFile() {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> files() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString())
                    .filter(name -> !name.endsWith(".partial"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private long callsOfASave(Afterwards afterwards) {
        start();
        save(host.toolstack, Afterwards.RESUME);
        if (afterwards == Afterwards.DESTROY) {
            removeFile();
        }
        long first = host.faults.calls();
        save(host.toolstack, afterwards);
        long calls = host.faults.calls() - first;
        assertTrue(calls > 30, "a save is more than " + calls + " calls");
        if (afterwards == Afterwards.DESTROY) {
            assertOneGuest("without a fault");
        } else {
            assertGuestAndFile("without a fault");
        }
        return calls;
    }

    /** Every n-th call, and each call around the end of the file. */
    private static LongStream points(long calls) {
        return LongStream.rangeClosed(1, calls).filter(n -> n % STRIDE == 1 % STRIDE || n > calls - LAST_CALLS);
    }

    private String lastStruck() {
        List<FaultSite> struck = host.faults.injected();
        return struck.isEmpty() ? "" : struck.get(struck.size() - 1).toString();
    }

    private void strikeEachCall(Afterwards afterwards, LongFunction<Fault> faultAt) {
        long calls = callsOfASave(afterwards);
        MachineState before = host.state();
        points(calls).forEach(n -> {
            host.faults.inject(faultAt.apply(n));
            try {
                save(host.toolstack, afterwards);
            } catch (ToolstackException e) {
                assertTrue(e.getMessage().contains("domain"), e.getMessage());
            }
            host.faults.heal();
            PassingTime.during(host.xen, () -> host.toolstack.leftovers().removeAll());
            String after = "call " + n + ": " + lastStruck();
            if (afterwards == Afterwards.RESUME) {
                assertGuestAndFile(after);
                host.assertUnchangedSince(before, after);
            } else {
                assertOneGuest(after);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"RESUME", "DESTROY"})
    void aCallThatFails(Afterwards afterwards) {
        strikeEachCall(afterwards, n -> Fault.callFails(n, Errno.EIO));
    }

    @ParameterizedTest
    @EnumSource(names = {"RESUME", "DESTROY"})
    void aCallThatTakesEffectAndWhoseAnswerIsLost(Afterwards afterwards) {
        strikeEachCall(afterwards, n -> Fault.answerLost(n, Errno.EIO));
    }

    @ParameterizedTest
    @EnumSource(names = {"RESUME", "DESTROY"})
    void aCallThatFailsWhileAPvGuestIsSaved(Afterwards afterwards) {
        saved = DomainType.PV;
        strikeEachCall(afterwards, n -> Fault.callFails(n, Errno.EIO));
    }

    @ParameterizedTest
    @EnumSource(names = {"RESUME", "DESTROY"})
    void theNextProcessLetsAPvGuestOfAKilledOneRunOn(Afterwards afterwards) {
        saved = DomainType.PV;
        strikeProcessAtEachCall(afterwards, Fault::processKilled);
    }

    @ParameterizedTest
    @EnumSource(names = {"RESUME", "DESTROY"})
    void theNextProcessLetsTheGuestOfAKilledOneRunOn(Afterwards afterwards) {
        strikeProcessAtEachCall(afterwards, Fault::processKilled);
    }

    @ParameterizedTest
    @EnumSource(names = {"RESUME", "DESTROY"})
    void theNextProcessLetsTheGuestRunOnIfXenstoredWasLost(Afterwards afterwards) {
        strikeProcessAtEachCall(afterwards, Fault::xenstoredGone);
    }

    private void strikeProcessAtEachCall(Afterwards afterwards, LongFunction<Fault> faultAt) {
        long calls = callsOfASave(afterwards);
        points(calls).forEach(n -> {
            TestProcess process = host.newProcess();
            Toolstack toolstack = process.open();
            process.faults().inject(faultAt.apply(n));
            try {
                save(toolstack, afterwards);
            } catch (ToolstackException | ProcessKilled e) {
                // What is left is the subject of the test.
            }
            process.faults().close();
            process.ends();
            TestProcess next = host.newProcess();
            PassingTime.during(host.xen, () -> next.open().close());
            next.ends();
            String after = "call " + n + ": " + process.faults().injected();
            if (afterwards == Afterwards.DESTROY) {
                assertOneGuest(after);
            } else {
                assertGuestAndFile(after);
            }
        });
    }

    private static DomainConfig.Builder guest(DomainType type) {
        return switch (type) {
            case HVM -> TestHost.hvmGuest("web", 17, 17);
            case PVH -> TestHost.guest("web", 17, 17);
            case PV -> TestHost.pvGuest("web", 24);
        };
    }

    private long callsOfARestore(DomainType type) {
        start(guest(type));
        save(host.toolstack, Afterwards.DESTROY);
        host.assertUnchangedSince(empty, "a save");
        long calls = 0;
        // What the first one has asked of the host is known to the second.
        for (int round = 0; round < 2; round++) {
            long first = host.faults.calls();
            restore(host.toolstack);
            calls = host.faults.calls() - first;
            web(host.toolstack).destroy();
        }
        return calls;
    }

    @ParameterizedTest
    @EnumSource
    void aRestoreThatFailsLeavesNothingAndCanBeRepeated(DomainType type) {
        restoreWith(type, n -> Fault.callFails(n, Errno.EIO));
    }

    @ParameterizedTest
    @EnumSource
    void aRestoreWithALostAnswerLeavesNothingAndCanBeRepeated(DomainType type) {
        restoreWith(type, n -> Fault.answerLost(n, Errno.EIO));
    }

    private void restoreWith(DomainType type, LongFunction<Fault> faultAt) {
        long calls = callsOfARestore(type);
        for (long n = 1; n < calls; n += STRIDE) {
            host.faults.inject(faultAt.apply(n));
            try {
                Domain restored = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
                host.faults.heal();
                restored.destroy();
            } catch (ToolstackException e) {
                assertTrue(e.getMessage().startsWith("restoring"), e.getMessage());
            }
            host.faults.heal();
            host.assertUnchangedSince(empty, "call " + n + ": " + lastStruck());
        }
        restore(host.toolstack);
        assertGuestAndFile("the last restore");
    }

    @ParameterizedTest
    @EnumSource
    void theNextProcessRemovesWhatAKilledRestoreHasLeft(DomainType type) {
        long calls = callsOfARestore(type);
        for (long n = 1; n < calls; n += STRIDE) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCleanUpAfter(empty, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, () -> toolstack
                        .restore(file, CreateListener.NONE, new Cancellation())
                        .destroy());
            });
        }
    }

    /** Nobody knows where the guest is: in a file that was moved, or nowhere but in its domain. */
    @Test
    void aGuestWhoseFileWasMovedStaysSuspendedUntilTheFileIsBack() throws IOException {
        start();
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        process.faults().inject(call -> Files.exists(file) ? new Verdict.Kills() : new Verdict.Passes());
        assertThrows(ProcessKilled.class, () -> save(toolstack, Afterwards.DESTROY));
        process.faults().close();
        process.ends();
        Path elsewhere = directory.resolve("elsewhere");
        Files.move(file, elsewhere);

        DomainStateException e = assertThrows(
                DomainStateException.class, () -> host.toolstack.leftovers().removeAll());
        assertTrue(e.getMessage().contains(file + ", which is not there any more; put the file back"), e.getMessage());
        assertTrue(alive().get(0).shutdown());

        Files.move(elsewhere, file);
        host.toolstack.leftovers().removeAll();
        assertEquals(List.of(), alive());
        assertOneGuest("the file is back");
    }
}
