// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.DomainCalls;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The calls about PV domains, with the errors that real Xen 4.17 gave to a program of raw hypercalls. */
class PvDomainTest {
    private static final long TABLE = 0x67;
    private static final long WRITABLE = 0x23;
    private static final long READ_ONLY = 0x21;
    private static final XenAbi ABI = XenAbi.of(XenRelease.V4_17).orElseThrow();

    private final XenLibraries libraries = SimulatedXen.create().connect();
    private final Xenctrl xen = Xenctrl.open(libraries);
    private int domid;
    private long[] frames = {};

    @BeforeEach
    void aDomainOfSixteenPages() {
        domid = newDomain();
        frames = xen.memory().populateMachineFrames(domid, pfns(16), 0);
    }

    private int newDomain() {
        int created = xen.domains().create(new CreateDomain(new UUID(0, 1), 0, 0, 1, 2));
        xen.domains().setMaxVcpus(created, 1);
        xen.memory().setMaxMem(created, KiB.ofMiB(1));
        return created;
    }

    private static long[] pfns(int count) {
        long[] pfns = new long[count];
        for (int i = 0; i < count; i++) {
            pfns[i] = i;
        }
        return pfns;
    }

    private static Errno errno(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    /** Writes four tables, pages 0 to 3, that map the other pages, and entries of the last table. */
    private void writeTables(Map<Integer, Long> more) {
        for (int table = 0; table < 3; table++) {
            write(frames[table], 0, frames[table + 1] << 12 | TABLE);
        }
        for (int pfn = 4; pfn < frames.length; pfn++) {
            write(frames[3], pfn, frames[pfn] << 12 | WRITABLE);
        }
        more.forEach((index, entry) -> write(frames[3], index, entry));
    }

    private void write(long frame, int index, long entry) {
        try (MappedPages page = libraries.foreignMemory().map(domid, Protection.READ_WRITE, frame)) {
            page.bytes().order(ByteOrder.LITTLE_ENDIAN).putLong(index * Long.BYTES, entry);
        }
    }

    private void pin() {
        xen.memory().pinPageTables(domid, frames[0]);
    }

    private byte[] context(long rip, long root) {
        StructView registers = ABI.struct("cpu_user_regs").allocate().set("rip", rip);
        return ABI.struct("vcpu_guest_context")
                .allocate()
                .setBytes("user_regs", registers.toBytes())
                .set("ctrlreg", 3, root << 12)
                .toBytes();
    }

    @Test
    void populateReturnsTheMachineFramesWithWhichThePagesAreMapped() {
        assertEquals(16, frames.length);
        assertEquals(16, xen.domains().info(domid).orElseThrow().totPages());
        write(frames[5], 0, 77);
        try (MappedPages page = libraries.foreignMemory().map(domid, Protection.READ, frames[5])) {
            assertEquals(77, page.bytes().order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        }
    }

    @Test
    void aLimitEndsPopulateWithFewerFrames() {
        assertEquals(240, xen.memory().populateMachineFrames(domid, pfns(300), 0).length);
        assertArrayEquals(new long[0], xen.memory().populateMachineFrames(domid, pfns(1), 0));
    }

    @Test
    void populateOnDemandSeemsToWorkAndDoesNothing() {
        assertEquals(4, xen.memory().populatePhysmap(domid, pfns(4), 0, MemoryOp.XENMEMF_POPULATE_ON_DEMAND));
        assertEquals(16, xen.domains().info(domid).orElseThrow().totPages());
        assertEquals(Errno.EINVAL, errno(() -> xen.memory().setPodTarget(domid, Pages.of(20))));
        assertEquals(Errno.EOPNOTSUPP, errno(() -> xen.memory().setPagingPool(domid, Pages.of(256))));
    }

    @Test
    void tablesThatMapThemselvesReadOnlyArePinnedOnce() {
        writeTables(Map.of(0, frames[0] << 12 | READ_ONLY, 3, frames[3] << 12 | READ_ONLY));
        pin();
        assertEquals(Errno.EINVAL, errno(this::pin));
    }

    @Test
    void aTableThatIsStillMappedIsNotPinned() {
        writeTables(Map.of());
        try (MappedPages page = libraries.foreignMemory().map(domid, Protection.READ_WRITE, frames[3])) {
            assertEquals(Errno.EINVAL, errno(this::pin), page.toString());
        }
        pin();
    }

    @Test
    void aTableThatIsMappedWritableByATableIsBusy() {
        writeTables(Map.of(3, frames[3] << 12 | WRITABLE));
        assertEquals(Errno.EBUSY, errno(this::pin));
    }

    @Test
    void aPageOfAnotherDomainIsBusyAndAsRootInvalid() {
        int other = newDomain();
        long[] others = xen.memory().populateMachineFrames(other, pfns(1), 0);
        writeTables(Map.of(500, others[0] << 12 | READ_ONLY));
        assertEquals(Errno.EBUSY, errno(this::pin));
        assertEquals(Errno.EINVAL, errno(() -> xen.memory().pinPageTables(domid, others[0])));
    }

    @Test
    void aPinnedTableIsMappedForReadingOnly() {
        writeTables(Map.of());
        pin();
        libraries.foreignMemory().map(domid, Protection.READ, frames[0]).close();
        XenLibException e = assertThrows(
                XenLibException.class, () -> libraries.foreignMemory().map(domid, Protection.READ_WRITE, frames[0]));
        assertEquals(Errno.EBUSY, e.errno());
    }

    @Test
    void aVcpuGetsCanonicalAddressesAndTablesOfItsDomain() {
        writeTables(Map.of());
        pin();
        DomainCalls domains = xen.domains();
        assertEquals(Errno.EINVAL, errno(() -> domains.setVcpuContext(domid, 0, context(1L << 60, frames[0]))));
        assertEquals(Errno.EINVAL, errno(() -> domains.setVcpuContext(domid, 0, context(0x4000, 5))));
        assertEquals(Errno.EINVAL, errno(() -> domains.setVcpuContext(domid, 1, context(0x4000, frames[0]))));
        domains.setVcpuContext(domid, 0, context(0x4000, frames[0]));
        assertEquals(1, domains.info(domid).orElseThrow().onlineVcpus());
    }

    @Test
    void theHypercallPageIsAPlainPage() {
        writeTables(Map.of());
        pin();
        xen.domains().initHypercallPage(domid, frames[7]);
        assertEquals(Errno.EPERM, errno(() -> xen.domains().initHypercallPage(domid, frames[0])));
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().initHypercallPage(domid, 1)));
    }

    @Test
    void aGuestWithoutWhatItsKernelNeedsCrashes() {
        SimulatedXen machine = SimulatedXen.create();
        Xenctrl control = Xenctrl.open(machine.connect());
        int crashing = control.domains().create(new CreateDomain(new UUID(0, 2), 0, 0, 1, 2));
        control.domains().setMaxVcpus(crashing, 1);
        control.memory().setMaxMem(crashing, KiB.ofMiB(1));
        long[] pages = control.memory().populateMachineFrames(crashing, pfns(4), 0);
        control.domains().setVcpuContext(crashing, 0, context(0x4000, pages[0]));
        control.domains().unpause(crashing);
        machine.advance(Duration.ofSeconds(1));
        assertEquals(3, control.domains().info(crashing).orElseThrow().shutdownReason());
    }

    @Test
    void createDomainRefusesWhatAPvDomainLacks() {
        assertEquals(Errno.EINVAL, errno(() -> create(DomctlOp.CDF_HAP, 0)));
        assertEquals(Errno.EOPNOTSUPP, errno(() -> create(0, DomctlOp.EMU_LAPIC)));
        Xenctrl without =
                Xenctrl.open(SimulatedXen.builder().withoutPvGuests().build().connect());
        assertEquals(Errno.EINVAL, errno(() -> without.domains().create(new CreateDomain(new UUID(0, 3), 0, 0, 1, 2))));
        assertEquals(false, without.host().physInfo().pv());
    }

    private void create(int flags, int emulation) {
        xen.domains().create(new CreateDomain(new UUID(0, 4), flags, emulation, 1, 2));
    }

    @Test
    void thePageSharedWithXenIsMappedByItsMachineFrame() {
        long frame = xen.domains().sharedInfoFrame(domid);
        write(frame, 1, 9);
        try (MappedPages page = libraries.foreignMemory().map(domid, Protection.READ, frame)) {
            assertEquals(
                    9,
                    ByteBuffer.wrap(bytes(page)).order(ByteOrder.LITTLE_ENDIAN).getLong(8));
        }
        assertEquals(16, xen.domains().info(domid).orElseThrow().totPages());
    }

    private static byte[] bytes(MappedPages page) {
        byte[] bytes = new byte[16];
        page.bytes().get(bytes);
        return bytes;
    }
}
