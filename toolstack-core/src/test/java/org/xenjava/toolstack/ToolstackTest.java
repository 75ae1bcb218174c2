// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenHost.GuestWorth;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.Pages;

class ToolstackTest {
    private static final int XEN_3_4 = 3 << 16 | 4;

    private final TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    /** A host whose guests somebody needs. */
    private XenHost real(XenLibraries libraries) {
        XenHost simulated = host.xen.host(libraries);
        return new XenHost(
                libraries,
                simulated.deviceModels(),
                simulated.firmware(),
                GuestWorth.NEEDED,
                simulated.controlDomain(),
                simulated.scripts());
    }

    // ---- opening ---------------------------------------------------------------------------------------------

    @Test
    void aSimulationAcceptsTheUnpatchedPolicy() {
        Toolstack.options()
                .podPolicy(UnpatchedPodPolicy.forSimulation())
                .open(host.xen.host())
                .close();
    }

    @Test
    void onARealXenTheUnpatchedPolicyIsRefusedBeforeAnyCall() {
        XenLibraries real = mock(XenLibraries.class);
        ConfigException e = assertThrows(ConfigException.class, () -> Toolstack.options()
                .podPolicy(UnpatchedPodPolicy.forSimulation())
                .open(real(real)));
        assertTrue(e.getMessage().contains("yesLetGuestsCrashOnRealXen"), e.getMessage());
        verify(real).close();
        verifyNoMoreInteractions(real);
    }

    @Test
    void aRealXenAcceptsTheUnpatchedPolicyWithAnExplicitOption() {
        XenLibraries real = mock(XenLibraries.class);
        when(real.call()).thenReturn(host.observer.call());
        when(real.store()).thenReturn(host.observer.store());
        Toolstack.options()
                .podPolicy(UnpatchedPodPolicy.yesLetGuestsCrashOnRealXen())
                .open(real(real))
                .close();
        verify(real).close();
    }

    @Test
    void aXenThatIsNotDescribedIsUnavailableAndTheLibrariesAreClosed() {
        XenLibraries old = mock(XenLibraries.class);
        XenCall call = mock(XenCall.class);
        when(old.call()).thenReturn(call);
        when(call.call(17, 0, 0)).thenReturn(XEN_3_4);
        XenUnavailableException e = assertThrows(
                XenUnavailableException.class, () -> Toolstack.options().open(real(old)));
        assertTrue(e.getMessage().startsWith("Xen 3.4 is not supported"), e.getMessage());
        verify(old).close();
    }

    @Test
    void anOpenWithoutPrivilegeSaysToRunInDom0() {
        TestProcess process = host.newProcess();
        process.faults().inject(Fault.nthOf("XEN_SYSCTL_physinfo", 1, Errno.EPERM));
        XenUnavailableException e = assertThrows(XenUnavailableException.class, process::open);
        assertTrue(e.getMessage().endsWith("run in dom0"), e.getMessage());
    }

    // ---- closing ---------------------------------------------------------------------------------------------

    @Test
    void domainsRunOnWhenItIsClosed() {
        TestProcess process = host.newProcess();
        UUID uuid;
        try (Toolstack toolstack = process.open()) {
            Domain domain = toolstack.create(TestHost.guest("survivor", 16, 32).build());
            domain.unpause();
            uuid = domain.uuid();
        }
        assertEquals("survivor", host.toolstack.find(uuid).orElseThrow().name());
    }

    @Test
    void closingEndsEveryWait() throws Exception {
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        Domain domain = toolstack.create(TestHost.guest("awaited", 16, 32).build());
        CompletableFuture<Void> watching = new CompletableFuture<>();
        process.faults().inject(call -> {
            if (call.name().equals("XEN_DOMCTL_getdomaininfo")) {
                watching.complete(null);
            }
            return new Verdict.Passes();
        });
        CompletableFuture<ShutdownReason> waiting =
                CompletableFuture.supplyAsync(() -> domain.lifecycle().awaitShutdown(Duration.ofHours(1)));
        watching.get();
        toolstack.close();
        ExecutionException e = assertThrows(ExecutionException.class, waiting::get);
        assertEquals(OperationCancelledException.class, e.getCause().getClass());
    }

    // ---- the host --------------------------------------------------------------------------------------------

    @Test
    void theHostStatusIsWhatXenReports() {
        HostStatus idle = host.toolstack.host();
        assertEquals("4.17.7", idle.xenVersion());
        assertEquals(2, idle.cpus());
        assertEquals(Pages.of(1_572_731), idle.totalMemory());
        assertEquals(Pages.ZERO, idle.claimedMemory());
        Domain domain = host.toolstack.create(TestHost.guest("taking", 32, 32).build());
        assertTrue(idle.freeMemory().isMoreThan(host.toolstack.host().freeMemory()));
        domain.destroy();
        assertEquals(idle, host.toolstack.host());
    }

    @Test
    void aBuildThatIsUnderWayElsewhereIsNotCleanedUp() {
        assertEquals(List.of(), host.toolstack.leftovers().removeAll());
        host.toolstack.create(
                TestHost.guest("underway", 16, 32).build(),
                progress -> assertEquals(
                        List.of(), host.newProcess().open().leftovers().removeAll()),
                new Cancellation());
    }
}
