// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Lists of pages as kernels describe them, and as hostile kernels may. */
class P2mListTest {
    private static final int PAGES = 1100;
    private static final long PRESENT = 0x67;
    private static final long ADDRESS = 0xffff_c900_0000_0000L;
    private static final long MOST_PFNS = 1L << 20;

    /** Pages of the list; the others of the guest's tables follow. */
    private static final int LIST = 100;

    private static final int MISSING = 110;
    private static final int TABLES = 120;

    private final TestHost host = TestHost.create();
    private int domid;
    private long[] frames = {};

    @BeforeEach
    void create() {
        domid = domain(new UUID(1, 2));
        frames = host.xenctrl
                .memory()
                .populateMachineFrames(domid, LongStream.range(0, PAGES).toArray(), 0);
        for (int pfn = 0; pfn < 3 * 512; pfn++) {
            write(LIST + pfn / 512, pfn % 512, pfn < PAGES ? frames[pfn] : -1);
        }
        for (int i = 0; i < 512; i++) {
            write(MISSING, i, -1);
        }
    }

    private int domain(UUID uuid) {
        int made = host.xenctrl.domains().create(new CreateDomain(uuid, 0, 0, 1, 2));
        host.xenctrl.domains().setMaxVcpus(made, 1);
        host.xenctrl.memory().setMaxMem(made, KiB.ofMiB(8));
        return made;
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void write(int pfn, int index, long number) {
        try (MappedPages page =
                host.xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, frames[pfn])) {
            page.bytes().putLong(index * Long.BYTES, number);
        }
    }

    private void describe(long pfns, long root, long address, long tree) {
        StructLayout layout = host.xenctrl.abi().struct("shared_info");
        try (MappedPages page =
                host.xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, sharedInfo())) {
            StructView info = layout.at(page.bytes(), 0);
            info.set("arch.max_pfn", pfns)
                    .set("arch.p2m_cr3", root << 12)
                    .set("arch.p2m_vaddr", address)
                    .set("arch.pfn_to_mfn_frame_list_list", tree);
        }
    }

    private long sharedInfo() {
        return host.xenctrl.domains().sharedInfoFrame(domid);
    }

    private P2mList read() {
        return P2mList.read(host.xenctrl, domid, sharedInfo(), MOST_PFNS);
    }

    /** Page tables for {@link #ADDRESS}, whose entries of level 2 name one table of the list, and then one of no pages. */
    private void map(int usedTables, int reservedTables) {
        int index = (int) (ADDRESS >>> 39 & 511);
        write(TABLES, index, entry(TABLES + 1));
        write(TABLES + 1, 0, entry(TABLES + 2));
        for (int i = 0; i < usedTables + reservedTables; i++) {
            write(TABLES + 2, i, entry(i < usedTables ? TABLES + 3 : TABLES + 4));
        }
        for (int i = 0; i < 512; i++) {
            write(TABLES + 3, i, entry(i < 3 ? LIST + i : MISSING));
            write(TABLES + 4, i, entry(MISSING));
        }
    }

    private long entry(int pfn) {
        return frames[pfn] << 12 | PRESENT;
    }

    private void assertFound(P2mList found) {
        assertEquals(OptionalLong.of(7), found.frames().pfn(frames[7]));
        assertEquals(frames[PAGES - 1], found.frames().frame(PAGES - 1));
        assertEquals(PAGES, found.frames().present().cardinality());
        assertEquals(OptionalLong.empty(), found.frames().claimedTwice());
    }

    @Test
    void aListAtAnAddressIsFoundWithoutTheAddressesInReserve() {
        map(1, 200);
        describe(200L << 18, frames[TABLES], ADDRESS, 0);
        P2mList found = read();
        assertFound(found);
        assertEquals(1 << 18, found.frames().end());
        PvRecord.P2mFrames record = found.record(domid);
        assertEquals(512, record.count());
        assertArrayEquals(
                new long[] {LIST, LIST + 1, LIST + 2, MISSING},
                LongStream.of(record.pfns()).limit(4).toArray());
    }

    @Test
    void aShortListAtAnAddressIsFound() {
        map(1, 0);
        describe(PAGES, frames[TABLES], ADDRESS, 0);
        P2mList found = read();
        assertFound(found);
        assertEquals(PAGES, found.frames().end());
        assertEquals(3, found.record(domid).count());
    }

    @Test
    void aListAsATreeIsFound() {
        write(TABLES, 0, frames[TABLES + 1]);
        for (int i = 0; i < 3; i++) {
            write(TABLES + 1, i, frames[LIST + i]);
        }
        describe(PAGES, 0, 0, frames[TABLES]);
        P2mList found = read();
        assertFound(found);
        assertEquals(PAGES, found.frames().end());
        assertEquals(3, found.record(domid).count());
    }

    private void assertRefused(String words) {
        String message = assertThrows(DomainStateException.class, this::read).getMessage();
        assertTrue(message.contains(words), message);
    }

    @Test
    void anImpossibleListIsRefused() {
        map(1, 0);
        describe(0, frames[TABLES], ADDRESS, 0);
        assertRefused("0 pages");
        for (long pfns : new long[] {-1, Long.MIN_VALUE, (1L << 34) + 1}) {
            describe(pfns, frames[TABLES], ADDRESS, 0);
            assertRefused("it reports");
        }
        for (long address : new long[] {1, 1L << 47, -4096, Long.MAX_VALUE}) {
            describe(PAGES, frames[TABLES], address, 0);
            assertRefused("address");
        }
        describe(PAGES, frames[TABLES], ADDRESS + (1L << 39), 0);
        assertRefused("not mapped");
        describe(PAGES, 0, 0, 0);
        assertRefused("not told Xen");
    }

    @Test
    void aListThatIsLongerThanTheMemoryIsRefused() {
        // Each table of level 1 differs from the one before it, so that none counts as a reserve.
        map(1, 0);
        for (int i = 0; i < 512; i++) {
            write(TABLES + 2, i, entry(TABLES + 3 + i % 2));
        }
        describe(512L << 18, frames[TABLES], ADDRESS, 0);
        assertRefused("longer than");
        write(TABLES, 0, frames[TABLES + 1]);
        for (int i = 0; i < 512; i++) {
            write(TABLES, i, frames[TABLES + 1 + i % 2]);
        }
        describe(512L << 18, 0, 0, frames[TABLES]);
        assertRefused("pages, more than");
    }

    @Test
    void aListInPagesOfAnotherDomainIsNotRead() {
        map(1, 0);
        describe(PAGES, frames[TABLES], ADDRESS, 0);
        assertFound(read());
        long root = frames[TABLES];
        long tree = frames[TABLES + 1];
        domid = domain(new UUID(3, 4));
        describe(PAGES, root, ADDRESS, 0);
        assertMappingRefused();
        describe(PAGES, 0, 0, tree);
        assertMappingRefused();
    }

    private void assertMappingRefused() {
        XenLibException refused = assertThrows(XenLibException.class, this::read);
        assertEquals("xenforeignmemory_map", refused.function());
        assertEquals(Errno.EINVAL, refused.errno());
    }
}
