// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

class JnaForeignMemoryTest {
    private FakeXen fake;
    private XenForeignMemory memory;

    @BeforeEach
    void open() {
        fake = FakeXen.fresh();
        memory = JnaForeignMemory.open();
        assertEquals(List.of("xenforeignmemory_open((nil), 0)"), fake.log());
    }

    @AfterEach
    void close() {
        if (memory != null) {
            memory.close();
        }
    }

    @Test
    void pagesAreMappedInTheOrderOfTheirGfns() {
        try (MappedPages pages = memory.map(5, Protection.READ_WRITE, 0xFEFFC, 0x123456789ABCL)) {
            assertEquals(8192, pages.bytes().capacity());
            assertEquals(0xFEFFC, pages.bytes().getLong(0));
            assertEquals(0x123456789ABCL, pages.bytes().getLong(4096));
        }
        assertEquals(
                List.of(
                        "xenforeignmemory_map(0xc0ffee0000002 dom 5 prot 3 pages 2 first 0xfeffc last 0x123456789abc)",
                        "xenforeignmemory_unmap(0xc0ffee0000002 pages 2)"),
                fake.log());
    }

    @Test
    void readOnlyMappingsAskForReadingOnly() {
        memory.map(0x7FEF, Protection.READ, 1).close();
        assertEquals(
                "xenforeignmemory_map(0xc0ffee0000002 dom 32751 prot 1 pages 1 first 0x1 last 0x1)",
                fake.log().get(0));
    }

    @ParameterizedTest(name = "gfn {0}: {1}")
    @CsvSource({"0xBAD, 3", "0xBADBAD, 22"})
    void onePageThatCannotBeMappedFailsTheWholeAndLeavesNothingMapped(long gfn, int errno) {
        XenLibException failure = assertThrows(XenLibException.class, () -> memory.map(5, Protection.READ, 1, gfn, 3));
        assertEquals(new Errno(errno), failure.errno());
        assertEquals(
                "xenforeignmemory_unmap(0xc0ffee0000002 pages 3)", fake.log().get(1));
    }

    @Test
    void aMappingThatFailsAltogetherCarriesErrno() {
        fake.next(0, Errno.ESRCH);
        XenLibException failure = assertThrows(XenLibException.class, () -> memory.map(5, Protection.READ, 1));
        assertEquals(Errno.ESRCH, failure.errno());
        assertEquals("xenforeignmemory_map", failure.function());
    }

    @Test
    void aMappingOfNoPagesIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> memory.map(5, Protection.READ));
        assertThrows(IllegalArgumentException.class, () -> memory.mapResource(5, 1, 0, 0, 0, Protection.READ));
    }

    @Test
    void aResourceIsUnmappedByItsOwnHandle() {
        try (MappedPages grants =
                memory.mapResource(0xFFFF, 1, 0x8000_0000, 0x1_0000_0001L, 2, Protection.READ_WRITE)) {
            byte[] start = new byte[8];
            grants.bytes().get(start);
            assertEquals("resource", new String(start, StandardCharsets.US_ASCII));
            assertEquals(8192, grants.bytes().capacity());
        }
        assertEquals(
                List.of(
                        "xenforeignmemory_map_resource(0xc0ffee0000002 dom 65535 type 1 id 2147483648"
                                + " frame 0x100000001 frames 2 prot 3 flags 0)",
                        "xenforeignmemory_unmap_resource(0xc0ffee0000002 bytes 8192)"),
                fake.log());
    }

    @Test
    void anOldKernelCannotMapResources() {
        fake.next(0, Errno.EOPNOTSUPP);
        XenLibException failure =
                assertThrows(XenLibException.class, () -> memory.mapResource(5, 1, 0, 0, 1, Protection.READ));
        assertEquals(Errno.EOPNOTSUPP, failure.errno());
    }

    @Test
    void aDomidThatDoesNotFit16BitsIsRefusedRatherThanCut() {
        assertThrows(IllegalArgumentException.class, () -> memory.mapResource(0x10000, 1, 0, 0, 1, Protection.READ));
        assertEquals(List.of(), fake.log());
    }

    @Test
    void closingUnmapsForgottenMappings() {
        MappedPages forgotten = memory.map(5, Protection.READ, 1, 2, 3);
        memory.close();
        forgotten.close();
        assertEquals(
                List.of("xenforeignmemory_unmap(0xc0ffee0000002 pages 3)", "xenforeignmemory_close(0xc0ffee0000002)"),
                fake.log().subList(1, 3));
        assertThrows(IllegalStateException.class, forgotten::bytes);
        assertThrows(IllegalStateException.class, () -> memory.map(5, Protection.READ, 1));
    }

    @Test
    void withoutThePrivilegeOpeningFailsWithAReason() {
        fake.next(0, Errno.EPERM);
        XenAccessException failure = assertThrows(XenAccessException.class, JnaForeignMemory::open);
        assertEquals(
                "Cannot open /dev/xen/privcmd (EPERM): run as root; in a container, the device must be allowed too",
                failure.getMessage());
    }
}
