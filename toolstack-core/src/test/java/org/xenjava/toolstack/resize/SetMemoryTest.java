// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.SmallHost;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** mem-set. The counters are those that Xen 4.17.7 showed for the same guest, and the same on every release. */
@ParameterizedClass(name = "Xen {0}")
@MethodSource("org.xenjava.toolstack.host.TestHost#releases")
class SetMemoryTest {
    private static final Duration LONG_ENOUGH = Duration.ofMinutes(10);

    private final TestHost host;

    @TempDir
    private Path directory;

    private Path labKernel;
    private Domain domain;

    SetMemoryTest(XenRelease release) {
        host = TestHost.of(SimulatedXen.builder().release(release.major(), release.minor()));
    }

    @BeforeEach
    void build() throws IOException {
        labKernel = Files.write(directory.resolve("kernel"), TestKernels.spreadOver(TestHost.LAB_SUPERPAGES));
        domain = build(host.toolstack);
    }

    private Domain build(Toolstack toolstack) {
        return toolstack.create(
                TestHost.guest("sized", 256, 512).kernel(labKernel).build());
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void assertMemory(String total, long max, long targetMib) {
        String[] counters = total.split("/");
        PodCounters expected =
                new PodCounters(Long.parseLong(counters[0]), Long.parseLong(counters[1]), Long.parseLong(counters[2]));
        assertEquals(expected, host.xenctrl.memory().podTarget(domain.domid()));
        assertEquals(max, domain.memory().status().maxPages().count());
        assertEquals(KiB.ofMiB(targetMib), domain.memory().status().target());
        assertEquals(0, info().outstandingPages());
    }

    private DomainInfo info() {
        return host.xenctrl.domains().info(domain.domid()).orElseThrow();
    }

    private static final String AS_BUILT = "65801/55552/120832";
    private static final String RAISED_TO_300 = "77065/66816/120832";

    // ---- before the guest has ballooned --------------------------------------------------------------------

    @Test
    void aRaiseGrowsTheCacheByTheDifference() {
        assertMemory(AS_BUILT, 66048, 256);
        domain.memory().set(KiB.ofMiB(300));
        assertMemory(RAISED_TO_300, 77312, 300);
        assertEquals("300", read("/vm/" + domain.uuid() + "/memory"));
    }

    @Test
    void aRaiseCountsPagesThatTheCacheHasAlready() {
        domain.memory().set(KiB.ofMiB(300));
        domain.memory().set(KiB.ofMiB(200));
        assertMemory(RAISED_TO_300, 51712, 200);
        domain.memory().set(KiB.ofMiB(300));
        assertMemory(RAISED_TO_300, 77312, 300);
        domain.memory().set(KiB.ofMiB(300));
        assertMemory(RAISED_TO_300, 77312, 300);
    }

    @Test
    void aRaiseToAllOfItCoversEveryEntry() {
        domain.memory().set(KiB.ofMiB(512));
        assertMemory("131081/120832/120832", 131328, 512);
    }

    @ParameterizedTest(name = "{0} conflicts")
    @ValueSource(ints = {1, 2, 7, 20})
    void aConflictInXenstoreDoesNotRaiseTheCacheTwice(int conflicts) {
        host.faults.inject(Fault.commitsConflict(conflicts));
        domain.memory().set(KiB.ofMiB(300));
        assertEquals(conflicts, host.faults.injected().size());
        assertMemory(RAISED_TO_300, 77312, 300);
    }

    @Test
    void aRaisedGuestSettlesAtItsSizeWithoutDebt() {
        domain.memory().set(KiB.ofMiB(300));
        settle();
        assertEquals(76808, info().totPages());
        assertEquals(0, host.xenctrl.memory().podTarget(domain.domid()).debt());
    }

    @Test
    void aDomainThatXlBuiltIsRaisedFromTheSizeThatXlGaveIt() {
        domain.destroy();
        try (Toolstack xl = TestHost.options().podPolicy(PodPolicy.libxl()).open(host.xen.host())) {
            domain = host.toolstack.find(build(xl).uuid()).orElseThrow();
        }
        host.observer.store().rm(XenStore.NO_TRANSACTION, "/libxl/" + domain.domid() + "/xenjava");
        PodCounters built = host.xenctrl.memory().podTarget(domain.domid());
        domain.memory().set(KiB.ofMiB(300));
        domain.memory().set(KiB.ofMiB(200));
        domain.memory().set(KiB.ofMiB(300));
        PodCounters raised = host.xenctrl.memory().podTarget(domain.domid());
        assertEquals(built.totPages() + 44 * 256, raised.totPages());
        assertEquals("307200", read("/libxl/" + domain.domid() + "/xenjava/pod-backed-kib"));
    }

    private String read(String path) {
        return host.state().xenstore().get(path).replaceFirst("\"(.*)\" .*", "$1");
    }

    // ---- once the guest has ballooned ----------------------------------------------------------------------

    private void settle() {
        domain.unpause();
        host.xen.advance(LONG_ENOUGH);
    }

    @Test
    void aSettledGuestFollowsItsTargetDownAndUp() {
        domain = host.toolstack.create(TestHost.guest("small", 64, 128).build());
        settle();
        assertSettled(64);
        for (long mib : new long[] {50, 64, 128, 64}) {
            domain.memory().set(KiB.ofMiB(mib));
            host.xen.advance(LONG_ENOUGH);
            assertSettled(mib);
        }
    }

    /** As measured: Linux has 8 pages more than its target, 9 special ones less the one that it gives back. */
    private void assertSettled(long mib) {
        assertEquals(mib * 256 + 8, info().totPages());
        assertEquals(0, host.xenctrl.memory().podTarget(domain.domid()).debt());
        assertEquals((mib + 1) * 256 + (mib < 128 ? 256 : 0), info().maxPages());
        assertEquals(KiB.ofMiB(mib), domain.memory().status().target());
        assertEquals(0, info().outstandingPages());
    }

    // ---- what is refused -----------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0} KiB")
    @ValueSource(longs = {513 * 1024, 0, 1023, 1025, 256 * 1024 + 1})
    void aSizeOutOfRangeOrOfPartsOfPagesIsRefused(long kib) {
        MachineState before = host.state();
        ConfigException e =
                assertThrows(ConfigException.class, () -> domain.memory().set(KiB.of(kib)));
        assertTrue(e.getMessage().contains("static-max"), e.getMessage());
        host.assertUnchangedSince(before, "after the refusal");
    }

    @Test
    void aDomainWithoutNodesCountsAsUnderConstruction() {
        host.observer.store().rm(XenStore.NO_TRANSACTION, "/local/domain/1/memory/target");
        DomainStateException e =
                assertThrows(DomainStateException.class, () -> domain.memory().set(KiB.ofMiB(300)));
        assertTrue(e.getMessage().contains("/local/domain/1/memory/target"), e.getMessage());
        assertEquals(66048, info().maxPages());
    }

    @Test
    void domainZeroKeepsWhatItsProgramsNeed() {
        Domain dom0 = host.toolstack.find(0).orElseThrow();
        assertThrows(ConfigException.class, () -> dom0.memory().set(KiB.ofMiB(512)));
    }

    @Test
    void aHostThatIsTooSmallGivesNothingAndNothingChanges() {
        // 16 MiB are free beside the guest.
        try (TestHost small = TestHost.of(SmallHost.withFreePages(65801 + 5000 + 16 * 256))) {
            Domain guest = build(small.toolstack);
            MachineState before = small.state();
            HostMemoryException e =
                    assertThrows(HostMemoryException.class, () -> guest.memory().set(KiB.ofMiB(512)));
            assertTrue(
                    e.getMessage().startsWith("setting the memory of domain 1 to 524288 KiB: the host cannot give"),
                    e.getMessage());
            small.assertUnchangedSince(before, "after the refusal");
            guest.memory().set(KiB.ofMiB(264));
        }
    }

    @Test
    void aClaimOfAnotherToolstackIsNotReleasedAndIsReported() {
        host.xenctrl.memory().claimPages(domain.domid(), Pages.of(66000));
        MachineState before = host.state();
        DomainStateException e =
                assertThrows(DomainStateException.class, () -> domain.memory().set(KiB.ofMiB(300)));
        assertTrue(e.getMessage().contains("another resize or build is under way"), e.getMessage());
        host.assertUnchangedSince(before, "after the refusal");
    }

    // ---- faults ----------------------------------------------------------------------------------------------

    private long callsOfASetMemory() {
        long start = host.faults.calls();
        domain.memory().set(KiB.ofMiB(300));
        long calls = host.faults.calls() - start;
        domain.destroy();
        domain = build(host.toolstack);
        return calls;
    }

    @ParameterizedTest
    @CsvSource({"1", "5", "22"})
    void aResizeThatFailsAtAnyCallLeavesTheTargetAndCanBeRepeated(int errno) {
        long calls = callsOfASetMemory();
        assertTrue(calls > 15, "mem-set is more than " + calls + " calls");
        for (long n = 1; n <= calls; n++) {
            MachineState before = host.state();
            host.faults.inject(Fault.callFails(n, new Errno(errno)));
            Optional<ToolstackException> failure = failureOfSetting(KiB.ofMiB(300));
            host.faults.heal();
            String struck = host.faults.injected().get(0) + ": " + failure;
            assertEquals(0, info().outstandingPages(), struck);
            if (failure.isPresent()) {
                Map<String, String> after = new TreeMap<>(host.state().xenstore());
                // It stays if the claim could not be given back, and tells the next attempt.
                after.remove(new DomainPaths(domain.domid()).resizing());
                assertEquals(before.xenstore(), after, struck);
                assertEquals(66048, info().maxPages(), struck);
            } else {
                // The call only confirms max_mem, after the size was committed.
                assertTrue(n > calls - 4, struck);
            }

            domain.memory().set(KiB.ofMiB(300));
            assertEquals(KiB.ofMiB(300), domain.memory().status().target(), struck);
            assertEquals(77312, info().maxPages(), struck);
            assertTrue(info().totPages() >= 77065 && info().totPages() <= 77312, struck);
            domain.destroy();
            domain = build(host.toolstack);
        }
    }

    private Optional<ToolstackException> failureOfSetting(KiB size) {
        try {
            domain.memory().set(size);
            return Optional.empty();
        } catch (ToolstackException e) {
            return Optional.of(e);
        }
    }

    private void killedWhileItHoldsAClaim(TestProcess process) {
        Domain same = process.open().find(domain.uuid()).orElseThrow();
        process.faults().inject(Fault.nthOf("XENMEM_set_pod_target", 1, new Verdict.Kills()));
        assertThrows(ProcessKilled.class, () -> same.memory().set(KiB.ofMiB(300)));
        assertEquals(44 * 256, info().outstandingPages());
        assertEquals(KiB.ofMiB(256), domain.memory().status().target());
    }

    @Test
    void theClaimOfAProcessThatIsGoneIsTakenOverByTheNextResize() {
        TestProcess process = host.newProcess();
        killedWhileItHoldsAClaim(process);
        process.ends();
        domain.memory().set(KiB.ofMiB(280));
        assertEquals(KiB.ofMiB(280), domain.memory().status().target());
        assertEquals(0, info().outstandingPages());
        String signature = new DomainPaths(domain.domid()).resizing();
        assertEquals(Optional.empty(), new StoreClient(host.observer.store()).read(signature));
    }

    @Test
    void aResizeOfAnotherProcessIsLeftToIt() {
        TestProcess process = host.newProcess();
        killedWhileItHoldsAClaim(process);
        DomainStateException e =
                assertThrows(DomainStateException.class, () -> domain.memory().set(KiB.ofMiB(300)));
        assertTrue(e.getMessage().contains("process " + process.name() + " is resizing it"), e.getMessage());
        assertEquals(44 * 256, info().outstandingPages());
        domain.memory().set(KiB.ofMiB(200));
        domain.destroy();
        assertEquals(0, host.xenctrl.host().physInfo().outstandingPages());
    }
}
