// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.stream.PvRecord.Part;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Streams of PV guests whose numbers are wrong: each is refused with an error about the stream, and not left to Xen. */
class HostileStreamTest {
    private static final KiB SIZE = KiB.ofMiB(16);
    private static final long PRESENT = 0x27;
    private static final long READ_ONLY = 0x25;
    private static final int PFNS = 1024;

    /** A guest of which pages 10 to 13 are the tables of level 4 to 1. */
    private static final int ROOT = 10;

    private final TestHost host = TestHost.create();
    private final int domid = domain();

    private final RestoredPvGuest guest = new RestoredPvGuest(host.xenctrl, domid, SIZE, SIZE, 1);

    @AfterEach
    void close() {
        host.close();
    }

    private int domain() {
        int made = host.xenctrl.domains().create(new CreateDomain(new UUID(1, 2), 0, 0, 1, 2));
        host.xenctrl.domains().setMaxVcpus(made, 1);
        host.xenctrl.memory().setMaxMem(made, SIZE);
        return made;
    }

    private void announce() {
        guest.take(new PvRecord.Info(8, 4));
        guest.take(new PvRecord.P2mFrames(0, PFNS - 1, Blob.of(longs(20, 21))));
    }

    private static byte[] longs(long... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers) {
            bytes.putLong(number);
        }
        return bytes.array();
    }

    private void put(long pfn, PageType type, Map<Integer, Long> entries) {
        ByteBuffer page =
                ByteBuffer.allocate(type.hasContent() ? Pages.BYTES : 0).order(ByteOrder.LITTLE_ENDIAN);
        entries.forEach((index, entry) -> page.putLong(index * Long.BYTES, entry));
        guest.put(PageBatch.of(new long[] {pfn}, new PageType[] {type}, page));
    }

    private static long entry(long pfn, long flags) {
        return pfn << 12 | flags;
    }

    /** Tables that map the pages 20 to 23, and a page table with those flags. */
    private void putTables(long flagsOfATable) {
        put(ROOT, PageType.L4TAB_PINNED, Map.of(0, entry(ROOT + 1, PRESENT)));
        put(ROOT + 1, PageType.L3TAB, Map.of(0, entry(ROOT + 2, PRESENT)));
        put(ROOT + 2, PageType.L2TAB, Map.of(0, entry(ROOT + 3, PRESENT)));
        put(
                ROOT + 3,
                PageType.L1TAB,
                Map.of(
                        0, entry(20, PRESENT),
                        1, entry(21, PRESENT),
                        2, entry(22, PRESENT),
                        3, entry(23, PRESENT),
                        4, entry(ROOT, flagsOfATable)));
        for (long pfn = 20; pfn < 24; pfn++) {
            put(pfn, PageType.NORMAL, Map.of());
        }
    }

    private StructView context() {
        StructView registers =
                host.xenctrl.abi().struct("cpu_user_regs").allocate().set("rdx", 22);
        return host.xenctrl
                .abi()
                .struct("vcpu_guest_context")
                .allocate()
                .setBytes("user_regs", registers.toBytes())
                .set("ctrlreg", 3, (long) ROOT << 12);
    }

    private void takeVcpu(StructView context) {
        guest.take(new PvRecord.Vcpu(Part.BASIC, 0, Blob.of(context.toBytes())));
    }

    private static void assertRefused(String words, Runnable work) {
        String message = assertThrows(SaveStreamException.class, work::run).getMessage();
        assertTrue(message.contains(words), message);
    }

    /** One page of the list would stand for memory in proportion to the highest pfn. */
    @Test
    void aListOfPagesThatLeavesOutPfnsIsRefused() {
        guest.take(new PvRecord.Info(8, 4));
        PvRecord.P2mFrames far = new PvRecord.P2mFrames(2048, 2559, Blob.of(longs(20)));
        assertRefused("leaves out pfns", () -> guest.take(far));
    }

    @Test
    void pfnsBeyondThoseOfAnyGuestAreRefused() {
        RestoredPvGuest large = new RestoredPvGuest(host.xenctrl, domid, KiB.ofMiB(16L << 20), KiB.ofMiB(16L << 20), 1);
        large.take(new PvRecord.Info(8, 4));
        // As many pages of the list as a record can have.
        Blob pages = Blob.of(new byte[1 << 22]);
        assertRefused("beyond the memory", () -> large.take(new PvRecord.P2mFrames(0, (1L << 28) - 1 + 512, pages)));
    }

    @Test
    void aConsistentStreamIsTaken() {
        announce();
        putTables(READ_ONLY);
        takeVcpu(context());
        guest.take(new PvRecord.SharedInfo(Blob.of(new byte[Pages.BYTES])));
        guest.pinTables();
        guest.setVcpus();
        put(22, PageType.NORMAL, Map.of(7, 20L, 9, 21L));
        RestoredPvGuest.Rings rings = guest.describe(1, 2);
        assertTrue(rings.store() != rings.console());
        assertEquals(8, guest.count());
    }

    /** The frames of a domain may contain data of their last owner. Page 20 is the guest's list of its frames. */
    @Test
    void pagesWithoutContentsAreCleared() {
        announce();
        putTables(READ_ONLY);
        put(30, PageType.ALLOCATE_ONLY, Map.of());
        put(40, PageType.L1TAB, Map.of(0, entry(31, PRESENT)));
        takeVcpu(context());
        guest.take(new PvRecord.SharedInfo(Blob.of(new byte[Pages.BYTES])));
        put(22, PageType.NORMAL, Map.of(7, 20L, 9, 21L));
        long list = guest.describe(1, 2).store();
        long[] frames =
                LongStream.of(22, 30, 31).map(pfn -> read(list, (int) pfn)).toArray();
        for (long frame : frames) {
            write(frame, 511, 0x5ec7e7);
        }
        guest.pinTables();
        assertEquals(0x5ec7e7, read(frames[0], 511), "a page with contents");
        assertEquals(0, read(frames[1], 511), "a page without contents");
        assertEquals(0, read(frames[2], 511), "a page that only a page table mentions");
    }

    private long read(long frame, int index) {
        try (MappedPages page = host.xenctrl.libraries().foreignMemory().map(domid, Protection.READ, frame)) {
            return page.bytes().getLong(index * Long.BYTES);
        }
    }

    private void write(long frame, int index, long number) {
        try (MappedPages page = host.xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, frame)) {
            page.bytes().putLong(index * Long.BYTES, number);
        }
    }

    @Test
    void pagesBeyondTheAnnouncedOnesAreRefused() {
        assertRefused("before the record X86_PV_INFO", () -> put(0, PageType.NORMAL, Map.of()));
        announce();
        for (long pfn : new long[] {PFNS, 1L << 31, 1L << 40, PageBatch.LAST_PFN}) {
            assertRefused("beyond those", () -> put(pfn, PageType.NORMAL, Map.of()));
        }
    }

    @Test
    void anAnnouncementBeyondTheMemoryOfTheGuestIsRefused() {
        long end = PvPages.mostPfns(SIZE);
        assertRefused("beyond the memory", () -> guest.take(new PvRecord.P2mFrames(end, end, Blob.of(longs(0)))));
    }

    @Test
    void entriesOfPageTablesBeyondTheMemoryAreRefused() {
        announce();
        for (int level = 1; level <= 4; level++) {
            PageType type = PageType.of(level).orElseThrow();
            assertRefused("beyond those", () -> put(ROOT, type, Map.of(5, entry(PFNS, PRESENT))));
            assertRefused("beyond those", () -> put(ROOT, type, Map.of(511, entry((1L << 40) - 1, PRESENT))));
        }
        assertRefused("large page", () -> put(ROOT, PageType.L2TAB, Map.of(5, entry(1, PRESENT | 0x80))));
    }

    @Test
    void moreVcpusThanConfiguredAreRefused() {
        for (int vcpu : new int[] {1, -1, Integer.MAX_VALUE}) {
            assertRefused(
                    "configuration allows 1",
                    () -> guest.take(new PvRecord.Vcpu(Part.MSRS, vcpu, Blob.of(new byte[16]))));
        }
    }

    @Test
    void aGuestOf32BitsIsRefused() {
        assertThrows(DomainStateException.class, () -> guest.take(new PvRecord.Info(4, 3)));
    }

    @Test
    void tablesThatXenRefusesAreAnErrorOfTheStream() {
        announce();
        putTables(PRESENT);
        assertRefused("Xen refuses the page tables", guest::pinTables);
    }

    @Test
    void registersWithWrongNumbersAreRefused() {
        announce();
        putTables(READ_ONLY);
        guest.pinTables();
        assertRefused("no registers of vCPU 0", guest::setVcpus);
        takeVcpu(context().set("ctrlreg", 3, 20L << 12));
        assertRefused("page tables of vCPU 0", guest::setVcpus);
        takeVcpu(context().set("ctrlreg", 3, 1L << 60));
        assertRefused("beyond those", guest::setVcpus);
        takeVcpu(context().set("ctrlreg", 1, 1 | 21L << 12));
        assertRefused("page tables of vCPU 0", guest::setVcpus);
        takeVcpu(context().set("gdt_ents", 14 * 512 + 1));
        assertRefused("descriptor table", guest::setVcpus);
        takeVcpu(context().set("gdt_ents", 1).set("gdt_frames", 0, ROOT));
        assertRefused("descriptor table", guest::setVcpus);
        StructView registers =
                host.xenctrl.abi().struct("cpu_user_regs").allocate().set("rdx", ROOT);
        takeVcpu(context().setBytes("user_regs", registers.toBytes()));
        assertRefused("start info", guest::setVcpus);
        guest.take(new PvRecord.Vcpu(Part.BASIC, 0, Blob.of(new byte[100])));
        assertRefused("registers of 100 bytes", guest::setVcpus);
    }

    @Test
    void aListOfPagesInAPageTableIsRefused() {
        announce();
        guest.take(new PvRecord.P2mFrames(0, PFNS - 1, Blob.of(longs(ROOT, 21))));
        putTables(READ_ONLY);
        takeVcpu(context());
        guest.take(new PvRecord.SharedInfo(Blob.of(new byte[Pages.BYTES])));
        assertRefused("list of its pages", () -> guest.describe(1, 2));
        guest.take(new PvRecord.P2mFrames(0, PFNS - 1, Blob.of(longs(1L << 50, 21))));
        assertRefused("beyond those", () -> guest.describe(1, 2));
        guest.take(new PvRecord.P2mFrames(0, PFNS - 1, Blob.of(longs(500, 21))));
        assertRefused("not that page", () -> guest.describe(1, 2));
    }
}
