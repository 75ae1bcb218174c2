// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Opening of the typed hypercalls, and the messages of their failures. */
class XenctrlTest extends HypercallBytes {
    @Test
    void openingReadsTheRunningRelease() {
        assertEquals(XenRelease.V4_17, xenctrl.abi().release());
    }

    @Test
    void aReleaseOlderThanTheOldestIsRefusedWithThoseThatAreSupported() {
        xen.answering((op, args) -> 4 << 16 | 13);
        UnsupportedXenException refusal = assertThrows(UnsupportedXenException.class, () -> Xenctrl.open(xen));
        assertEquals(new XenRelease(4, 13), refusal.running());
        assertEquals(
                "Xen 4.13 is not supported: it is older than the oldest release that is described; supported: "
                        + String.join(
                                ", ",
                                XenAbi.supportedReleases().stream()
                                        .map(XenRelease::toString)
                                        .toList()),
                refusal.getMessage());
    }

    @ParameterizedTest(name = "hypercall {0}")
    @ValueSource(ints = {SYSCTL, DOMCTL})
    void anotherInterfaceVersionThanTheReleasesIsRefused(int patched) {
        xen.answering((op, args) -> {
            if (op == patched) {
                throw HandmadeXen.failure(op, Errno.EACCES);
            }
            return op == XEN_VERSION ? 4 << 16 | 17 : 0;
        });
        UnsupportedXenException refusal = assertThrows(UnsupportedXenException.class, () -> Xenctrl.open(xen));
        String name = patched == SYSCTL ? "sysctl" : "domctl";
        assertEquals(
                "Xen 4.17 is not supported: it wants another " + name + " interface version than that release",
                refusal.getMessage().replaceAll("; supported.*", ""));
    }

    @Test
    void aDomainWithoutPrivilegesIsToldToRunInDom0() {
        xen.answering((op, args) -> {
            if (op == XEN_VERSION) {
                return 4 << 16 | 17;
            }
            throw HandmadeXen.failure(op, Errno.EPERM);
        });
        XenAccessException refusal = assertThrows(XenAccessException.class, () -> Xenctrl.open(xen));
        assertEquals("Xen refuses this domain what only its control domain may do: run in dom0", refusal.getMessage());
    }

    @Test
    void aHypercallThatCannotBeMadeAtAllIsReportedAsThat() {
        xen.failing(Errno.ENOSYS);
        HypercallException failure = assertThrows(HypercallException.class, () -> Xenctrl.open(xen));
        assertEquals("XENVER_version: ENOSYS", failure.getMessage());
    }

    static Stream<Arguments> callsOnADomain() {
        return Stream.of(
                onDomain("XEN_DOMCTL_destroydomain", (x, d) -> x.domains().destroy(d)),
                onDomain("XEN_DOMCTL_pausedomain", (x, d) -> x.domains().pause(d)),
                onDomain("XEN_DOMCTL_unpausedomain", (x, d) -> x.domains().unpause(d)),
                onDomain("XEN_DOMCTL_getdomaininfo", (x, d) -> x.domains().info(d)),
                onDomain("XEN_DOMCTL_max_vcpus", (x, d) -> x.domains().setMaxVcpus(d, 1)),
                onDomain("XEN_DOMCTL_max_mem", (x, d) -> x.memory().setMaxMem(d, KiB.of(1))),
                onDomain("XEN_DOMCTL_set_paging_mempool_size", (x, d) -> x.memory()
                        .setPagingPool(d, Pages.holding(4096))),
                onDomain("XEN_DOMCTL_settimeoffset", (x, d) -> x.domains().setTimeOffset(d, 0)),
                onDomain("XEN_DOMCTL_settscinfo", (x, d) -> x.domains().setTscMode(d, 0)),
                onDomain("XEN_DOMCTL_set_cpu_policy", (x, d) -> x.domains()
                        .setCpuPolicy(d, new CpuPolicy(List.of(), List.of()))),
                onDomain("XEN_DOMCTL_gethvmcontext", (x, d) -> x.hvm().context(d)),
                onDomain("XEN_DOMCTL_sethvmcontext", (x, d) -> x.hvm().setContext(d, new byte[1])),
                onDomain("SCHEDOP_remote_shutdown", (x, d) -> x.domains().remoteShutdown(d, 0)),
                onDomain("XENMEM_populate_physmap", (x, d) -> x.memory().populatePhysmap(d, new long[1], 0, 0)),
                onDomain("XENMEM_claim_pages", (x, d) -> x.memory().claimPages(d, Pages.of(1))),
                onDomain("XENMEM_set_pod_target", (x, d) -> x.memory().setPodTarget(d, Pages.of(1))),
                onDomain("XENMEM_get_pod_target", (x, d) -> x.memory().podTarget(d)),
                onDomain("XENMEM_set_memory_map", (x, d) -> x.memory().setMemoryMap(d, List.of())),
                onDomain("HVMOP_set_param(STORE_PFN)", (x, d) -> x.hvm().setParam(d, HvmParam.STORE_PFN, 1)),
                onDomain("HVMOP_get_param(STORE_PFN)", (x, d) -> x.hvm().param(d, HvmParam.STORE_PFN)),
                onDomain("EVTCHNOP_alloc_unbound", (x, d) -> x.events().allocUnboundPort(d, 0)));
    }

    private interface DomainCall {
        void on(Xenctrl xenctrl, int domid);
    }

    private static Arguments onDomain(String name, DomainCall call) {
        return Arguments.of(name, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("callsOnADomain")
    void aFailureNamesTheHypercallTheDomainAndErrno(String name, DomainCall call) {
        xen.failing(Errno.ENOMEM);
        HypercallException failure = assertThrows(HypercallException.class, () -> call.on(xenctrl, 5));
        assertEquals(name, failure.hypercall());
        assertEquals(5, failure.domid());
        assertEquals(Errno.ENOMEM, failure.errno());
        assertEquals(name + " on domain 5: ENOMEM", failure.getMessage());
        assertInstanceOf(XenLibException.class, failure.getCause());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("callsOnADomain")
    void aDomidThatXenWouldCutOrTakeForASpecialOneIsRefusedBeforeAnyCall(String name, DomainCall call) {
        for (int domid : new int[] {-1, 0x7FF0, 0x7FF5, 0x7FFF, 0x10000, 0x10005, Integer.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> call.on(xenctrl, domid));
        }
        assertEquals(List.of(), xen.takeCalls());
    }

    @Test
    void aFailureThatConcernsNoDomainNamesNone() {
        xen.failing(Errno.EPERM);
        HypercallException failure =
                assertThrows(HypercallException.class, () -> xenctrl.domains().list());
        assertEquals("XEN_SYSCTL_getdomaininfolist: EPERM", failure.getMessage());
        assertEquals(HypercallException.NO_DOMAIN, failure.domid());
    }

    @Test
    void aValueThatDoesNotFitItsFieldIsRefusedBeforeAnyCall() {
        assertThrows(IllegalArgumentException.class, () -> xenctrl.domains().setMaxVcpus(5, -1));
        assertThrows(IllegalArgumentException.class, () -> xenctrl.memory().populatePhysmap(5, new long[1], -1, 0));
        assertEquals(List.of(), xen.takeCalls());
    }
}
