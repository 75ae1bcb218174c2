// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.sim.RawCalls.refusal;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** The hypercall interface byte by byte: pointers, versions and reported failures. */
class HypercallBytesTest {
    private static final int NO_SUCH_HYPERCALL = 55;
    private static final int MULTICALL = 13;

    private final SimulatedXen machine = SimulatedXen.create();
    private final XenLibraries libraries = machine.connect();
    private final Xenctrl xen = Xenctrl.open(libraries);
    private final RawCalls raw = new RawCalls(libraries.call());
    private final int guest = LibxlStyleBuild.pvh(xen, 256, 512).domid;

    // ---- pointers -----------------------------------------------------------------------------------------

    @Test
    void aPointerToNothingIsAFault() {
        for (long address : new long[] {0, 1, 0x1000, 0x7f00_0000_0000L - 8, -1, Long.MIN_VALUE}) {
            assertEquals(Errno.EFAULT, refusal(() -> raw.calls.call(Hypercall.DOMCTL.number(), address)));
            assertEquals(
                    Errno.EFAULT,
                    refusal(() ->
                            raw.calls.call(Hypercall.MEMORY_OP.number(), MemoryOp.GET_POD_TARGET.number(), address)));
        }
    }

    @Test
    void aFreedBufferIsAFaultAndMayNotBeUsedByItsOwnerEither() {
        HypercallBuffer buffer = raw.calls.allocBuffer(144);
        long address = buffer.address();
        buffer.close();
        buffer.close();
        assertEquals(Errno.EFAULT, refusal(() -> raw.calls.call(Hypercall.DOMCTL.number(), address)));
        assertThrows(IllegalStateException.class, buffer::bytes);
    }

    @Test
    void aStructThatRunsOverTheEndOfItsBufferIsAFault() {
        try (HypercallBuffer buffer = raw.calls.allocBuffer(1)) {
            long last = buffer.address() + 4096 - 143;
            assertEquals(Errno.EFAULT, refusal(() -> raw.calls.call(Hypercall.DOMCTL.number(), last)));
            assertEquals(Errno.EACCES, refusal(() -> raw.calls.call(Hypercall.DOMCTL.number(), last - 1)));
        }
    }

    @Test
    void aConnectionCannotUseTheBufferOfAnother() {
        try (XenLibraries other = machine.connect();
                HypercallBuffer foreign = other.call().allocBuffer(4096);
                HypercallBuffer own = raw.calls.allocBuffer(4096)) {
            assertTrue(own.address() != 0);
            // Each process has addresses of its own: the same number means something else.
            assertEquals(
                    foreign.address() == own.address() ? Errno.EACCES : Errno.EFAULT,
                    refusal(() -> raw.calls.call(Hypercall.DOMCTL.number(), foreign.address())));
        }
    }

    @Test
    void aListThatCannotBeReadEndsAPopulateAtItsFirstUnreadableExtent() {
        try (HypercallBuffer list = raw.calls.allocBuffer(4096)) {
            list.bytes().asLongBuffer().put(510, 0x10_0000).put(511, 0x10_0001);
            assertEquals(
                    2, raw.memoryOp(MemoryOp.POPULATE_PHYSMAP, arg -> arg.set("extent_start", list.address() + 510 * 8)
                            .set("nr_extents", 5)
                            .set("domid", guest)));
        }
    }

    // ---- versions and numbers -----------------------------------------------------------------------------

    @Test
    void aWrongInterfaceVersionIsRefusedBeforeAnythingElse() {
        assertEquals(
                Errno.EACCES,
                refusal(() -> raw.domctl(DomctlOp.GETDOMAININFO.number(), 0, 0x14, "", body -> {}, body -> {})));
        assertEquals(
                Errno.EACCES,
                refusal(() -> raw.sysctl(
                        SysctlOp.PHYSINFO.number(), 0x16, SysctlOp.PHYSINFO.struct(), body -> {}, body -> {})));
    }

    @Test
    void unknownCallsAndSubcommandsAreNotImplemented() {
        assertEquals(Errno.ENOSYS, refusal(() -> raw.calls.call(NO_SUCH_HYPERCALL, 0)));
        assertEquals(Errno.ENOSYS, refusal(() -> raw.calls.call(Hypercall.MEMORY_OP.number(), 63, 0)));
        assertEquals(Errno.ENOSYS, refusal(() -> raw.calls.call(Hypercall.HVM_OP.number(), 25, 0)));
        assertEquals(Errno.ENOSYS, refusal(() -> raw.calls.call(Hypercall.EVENT_CHANNEL_OP.number(), 9, 0)));
        assertEquals(Errno.ENOSYS, refusal(() -> raw.calls.call(Hypercall.SCHED_OP.number(), 0, 0)));
        assertEquals(Errno.ENOSYS, refusal(() -> raw.calls.call(Hypercall.XEN_VERSION.number(), 99, 0)));
        assertEquals(Errno.ENOSYS, refusal(() -> raw.domctl(49, guest, 0x15, "", body -> {}, body -> {})));
        assertEquals(Errno.ESRCH, refusal(() -> raw.domctl(49, 999, 0x15, "", body -> {}, body -> {})));
        assertEquals(
                Errno.ENOSYS, refusal(() -> raw.sysctl(18, 0x15, SysctlOp.PHYSINFO.struct(), body -> {}, body -> {})));
    }

    @Test
    void theFailedFunctionNamesTheHypercallsNumber() {
        XenLibException failure = assertThrows(XenLibException.class, () -> raw.calls.call(NO_SUCH_HYPERCALL, 0, 0));
        assertEquals("xencall2(55)", failure.function());
    }

    @Test
    void aMulticallGivesEachCallItsOwnResult() {
        try (HypercallBuffer entries = raw.calls.allocBuffer(128);
                HypercallBuffer domid = raw.calls.allocBuffer(2)) {
            domid.bytes().putShort((short) guest);
            StructView first = raw.abi.struct("multicall_entry").at(entries.bytes(), 0);
            StructView second = raw.abi.struct("multicall_entry").at(entries.bytes(), 64);
            first.set("op", Hypercall.MEMORY_OP.number());
            entries.bytes().putLong(16, 3).putLong(24, domid.address());
            second.set("op", NO_SUCH_HYPERCALL);
            assertEquals(0, raw.calls.call(MULTICALL, entries.address(), 2));
            assertEquals(65553, first.get("result"));
            assertEquals(-Errno.ENOSYS.value(), second.get("result"));
        }
    }

    // ---- reservations -------------------------------------------------------------------------------------

    @Test
    void aDomainReportsItsReservations() {
        assertEquals(65553, raw.memoryOp(3, guest));
        assertEquals(65792, raw.memoryOp(4, guest));
        assertEquals(0xfefff, raw.memoryOp(14, guest));
        assertEquals(393_216, raw.memoryOp(3, 0x7FF0));
        assertEquals(Errno.ESRCH, refusal(() -> raw.memoryOp(3, 999)));
    }

    @Test
    void aPopulateNeverFailsButMayDoNothing() {
        assertEquals(
                0,
                xen.memory().populatePhysmap(guest, new long[] {0x20_0000}, 19, MemoryOp.XENMEMF_POPULATE_ON_DEMAND));
        assertEquals(0, raw.memoryOp(MemoryOp.POPULATE_PHYSMAP, arg -> arg.set("nr_extents", 1)
                .set("domid", 999)));
        assertEquals(0, raw.memoryOp(MemoryOp.POPULATE_PHYSMAP, arg -> arg.set("nr_extents", 1L << 26)
                .set("domid", guest)));
        assertEquals(0, raw.calls.call(Hypercall.MEMORY_OP.number(), MemoryOp.POPULATE_PHYSMAP.number(), 0));
    }

    @Test
    void aPopulateBeyondTheLimitStopsAndXenSaysSo() {
        long[] gfns = LongStream.range(0x20_0000, 0x20_0200).toArray();
        assertEquals(65792 - 65553, xen.memory().populatePhysmap(guest, gfns, 0, 0));
        assertTrue(machine.console().contains("Over-allocation for d" + guest + ": 65793 > 65792"));
    }

    @Test
    void aClaimWithExtentsOrFlagsIsRefused() {
        assertEquals(
                Errno.EINVAL,
                refusal(() -> raw.memoryOp(
                        MemoryOp.CLAIM_PAGES, arg -> arg.set("extent_order", 1).set("domid", guest))));
        assertEquals(Errno.EINVAL, refusal(() -> raw.memoryOp(MemoryOp.CLAIM_PAGES, arg -> arg.set("domid", 999))));
    }

    @Test
    void increaseReservationGivesPagesWithoutAGfn() {
        assertEquals(3, raw.memoryOp(MemoryOp.INCREASE_RESERVATION, arg -> arg.set("nr_extents", 3)
                .set("domid", guest)));
        assertEquals(65556, raw.memoryOp(3, guest));
    }

    @Test
    void aPageRemovedFromTheMapStaysTheDomains() {
        raw.memoryOp(
                MemoryOp.REMOVE_FROM_PHYSMAP, arg -> arg.set("gpfn", 0xfc000).set("domid", guest));
        assertEquals(65553, raw.memoryOp(3, guest));
        assertEquals(
                Errno.ENOENT,
                refusal(() -> raw.memoryOp(MemoryOp.REMOVE_FROM_PHYSMAP, arg -> arg.set("gpfn", 0xfc000)
                        .set("domid", guest))));
        assertEquals(
                Errno.EACCES,
                refusal(() -> raw.memoryOp(
                        MemoryOp.REMOVE_FROM_PHYSMAP, arg -> arg.set("gpfn", 1).set("domid", 0))));
    }

    @Test
    void aFrameOfTheGrantTableCanBeMappedIntoTheDomain() {
        raw.memoryOp(
                MemoryOp.ADD_TO_PHYSMAP,
                arg -> arg.set("space", 1).set("gpfn", 0xff000).set("domid", guest));
        try (var page = libraries.foreignMemory().map(guest, Protection.READ, 0xff000)) {
            StructView entry = raw.abi.struct("grant_entry_v1").at(page.bytes(), 8);
            assertEquals(LibxlStyleBuild.STORE_GFN, entry.get("frame"));
        }
        assertEquals(65553, raw.memoryOp(3, guest));
    }

    // ---- the host -----------------------------------------------------------------------------------------

    @Test
    void theListOfDomainsContinuesWhereItIsAsked() {
        assertEquals(
                List.of(0, guest),
                xen.domains().list().stream().map(info -> info.domid()).toList());
        try (HypercallBuffer list = raw.calls.allocBuffer(4096)) {
            raw.sysctl(
                    SysctlOp.GETDOMAININFOLIST.number(),
                    0x15,
                    SysctlOp.GETDOMAININFOLIST.struct(),
                    body -> body.set("first_domain", 1).set("max_domains", 1).set("buffer", list.address()),
                    body -> assertEquals(1, body.get("num_domains")));
            assertEquals(guest, list.bytes().getShort(0));
        }
    }

    @Test
    void getdomaininfoOfAMissingDomainAnswersForTheNextOne() {
        assertTrue(xen.domains().info(guest + 1).isEmpty());
        raw.domctl(DomctlOp.GETDOMAININFO, 1, body -> {}, body -> assertEquals(guest, body.get("domain")));
    }

    @Test
    void theConsoleIsReadInPiecesAndClearedWhenAsked() {
        xen.memory()
                .populatePhysmap(
                        guest, LongStream.range(0, 400).map(i -> 0x20_0000 + i).toArray(), 0, 0);
        String all = xen.host().readConsole(65536);
        assertEquals(all.substring(0, 10), xen.host().readConsole(10));
        try (HypercallBuffer text = raw.calls.allocBuffer(4096)) {
            raw.sysctl(
                    SysctlOp.READCONSOLE.number(),
                    0x15,
                    SysctlOp.READCONSOLE.struct(),
                    body -> body.set("incremental", 1)
                            .set("index", 6)
                            .set("count", 4096)
                            .set("buffer", text.address()),
                    body -> assertEquals(all.length() - 6, body.get("count")));
            raw.sysctl(
                    SysctlOp.READCONSOLE.number(),
                    0x15,
                    SysctlOp.READCONSOLE.struct(),
                    body -> body.set("clear", 1).set("count", 4096).set("buffer", text.address()),
                    body -> assertEquals(all.length(), body.get("index")));
        }
        assertEquals("", xen.host().readConsole(65536));
    }

    @Test
    void theHostsPolicyIsTheRecordedOne() {
        assertEquals(51, xen.host().defaultHvmCpuPolicy().leaves().size());
        assertEquals(2, xen.host().defaultHvmCpuPolicy().msrs().size());
        assertEquals(".7", xen.host().extraVersion());
        assertEquals(4 << 16 | 17, raw.calls.call(Hypercall.XEN_VERSION.number(), 0, 0));
    }

    @Test
    void aClosedConnectionsBuffersAreGone() {
        XenLibraries other = machine.connect();
        HypercallBuffer buffer = other.call().allocBuffer(10);
        other.close();
        assertThrows(IllegalStateException.class, buffer::address);
    }
}
