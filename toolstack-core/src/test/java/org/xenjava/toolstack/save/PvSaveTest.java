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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * PV guests on the simulated Xen. The guest that is restored runs on only if its start info, its page tables and its list
 * of pages name the machine frames that it has now.
 */
class PvSaveTest {
    private final TestHost host = TestHost.create();

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("web.save");
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Domain start() {
        return run(host.toolstack.create(TestHost.pvGuest("web", 32).vcpus(2).build()));
    }

    private Domain run(Domain domain) {
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    private void save(Domain domain, Afterwards afterwards) {
        PassingTime.during(host.xen, () -> domain.saving().save(file, afterwards));
    }

    private Domain restore() {
        return run(host.toolstack.restore(file, CreateListener.NONE, new Cancellation()));
    }

    private DomainInfo info(Domain domain) {
        return host.xenctrl.domains().info(domain.domid()).orElseThrow();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            return found.sorted().toList();
        }
    }

    @Test
    void aGuestThatWasSavedRunsOnAndHasWhatItHasWritten() {
        Domain domain = start();
        DomainInfo before = info(domain);
        host.xen.guest(domain.domid()).orElseThrow().load();
        host.xen.guest(domain.domid()).orElseThrow().writeSteadily(64, Duration.ofMillis(10));
        for (int round = 0; round < 3; round++) {
            host.xen.advance(Duration.ofSeconds(1));
            save(domain, Afterwards.DESTROY);
            assertFalse(domain.exists());
            domain = restore();
            assertEquals(List.of(), host.xen.guest(domain.domid()).orElseThrow().lostWrites(), "round " + round);
            assertFalse(info(domain).shutdown(), "round " + round);
            assertEquals(before.totPages(), info(domain).totPages(), "round " + round);
            assertEquals(before.maxPages(), info(domain).maxPages(), "round " + round);
        }
    }

    /** Only xl builds such a guest. */
    @Test
    void aGuestWithA32BitKernelIsRefusedBeforeItIsSuspended() throws IOException {
        Domain started = start();
        try (Toolstack toolstack = TestHost.options().open(host.xen.host(new NarrowGuests(host.xen.connect())))) {
            // No time passes, in which the guest could acknowledge a request.
            DomainStateException refusal = assertThrows(
                    DomainStateException.class,
                    () -> toolstack.find(started.domid()).orElseThrow().saving().save(file, Afterwards.RESUME));
            assertTrue(refusal.getMessage().contains("it is a 32-bit PV guest"), refusal.getMessage());
            assertEquals(List.of(), files());
        }
    }

    @Test
    void aGuestRunsOnAfterACheckpointAndCanBeSavedAgain() {
        Domain domain = start();
        save(domain, Afterwards.RESUME);
        host.xen.advance(Duration.ofMinutes(1));
        assertFalse(info(domain).shutdown());
        save(domain, Afterwards.DESTROY);
        assertFalse(info(restore()).shutdown());
    }

    @Test
    void theBalloonOfARestoredGuestWorks() {
        Domain domain = start();
        domain.memory().set(KiB.ofMiB(24));
        host.xen.advance(Duration.ofMinutes(1));
        assertEquals(24 * 256, info(domain).totPages());
        save(domain, Afterwards.DESTROY);
        domain = restore();
        assertEquals(24 * 256, info(domain).totPages());
        domain.memory().set(KiB.ofMiB(32));
        host.xen.advance(Duration.ofMinutes(1));
        assertEquals(32 * 256, info(domain).totPages());
    }

    @Test
    void theRingsOfARestoredGuestAreWhereXenstoreSays() {
        Domain domain = start();
        save(domain, Afterwards.DESTROY);
        domain = restore();
        for (String node : List.of("store/ring-ref", "console/ring-ref")) {
            long frame = Long.parseLong(
                    new String(host.observer.store().read(0, "/local/domain/" + domain.domid() + "/" + node)));
            assertEquals(0, host.xenctrl.state().frameTypes(domain.domid(), new long[] {frame})[0], node);
        }
    }

    @Test
    void theFileHasTheRecordsOfXl() {
        save(start(), Afterwards.DESTROY);
        List<String> names = SavedContents.recordNames(file);
        assertEquals(
                List.of(
                        "LIBXC_CONTEXT",
                        "X86_PV_INFO",
                        "X86_CPUID_POLICY",
                        "X86_MSR_POLICY",
                        "STATIC_DATA_END",
                        "X86_PV_P2M_FRAMES",
                        "PAGE_DATA",
                        "X86_TSC_INFO",
                        "SHARED_INFO",
                        "X86_PV_VCPU_BASIC",
                        "X86_PV_VCPU_EXTENDED",
                        "X86_PV_VCPU_XSAVE",
                        "X86_PV_VCPU_BASIC",
                        "X86_PV_VCPU_EXTENDED",
                        "X86_PV_VCPU_XSAVE",
                        "END",
                        "END"),
                names);
    }

    /** Each refusal of Xen while the guest is restored. */
    @Test
    void aRestoreThatXenRefusesLeavesNothing() throws IOException {
        save(start(), Afterwards.DESTROY);
        var clean = host.state();
        for (String call : List.of(
                "hypercall 26/",
                "XEN_DOMCTL_setvcpucontext",
                "XENMEM_populate_physmap",
                "XEN_DOMCTL_setvcpuextstate")) {
            host.faults.inject(
                    site -> site.name().startsWith(call) ? new Verdict.Fails(Errno.EINVAL) : new Verdict.Passes());
            assertThrows(ToolstackException.class, this::restore, call);
            host.faults.heal();
            assertEquals(clean, host.state(), call);
        }
        assertFalse(info(restore()).shutdown());
        assertTrue(files().contains(file));
    }

    @Test
    void aSaveThatXenRefusesLetsTheGuestRunOn() {
        Domain domain = start();
        for (String call : List.of(
                "XEN_DOMCTL_getpageframeinfo3",
                "XEN_DOMCTL_getvcpuextstate",
                "XEN_DOMCTL_get_ext_vcpucontext",
                "XEN_DOMCTL_get_vcpu_msrs")) {
            host.faults.inject(Fault.nthOf(call, 1, Errno.EINVAL));
            assertThrows(ToolstackException.class, () -> save(domain, Afterwards.DESTROY), call);
            host.faults.heal();
            host.xen.advance(Duration.ofMinutes(1));
            assertFalse(info(domain).shutdown(), call);
            assertFalse(Files.exists(file), call);
        }
        save(domain, Afterwards.DESTROY);
        assertFalse(info(restore()).shutdown());
    }
}
