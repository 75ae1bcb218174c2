// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class RestoredMemoryTest {
    /** A frame behind the RAM of the guest. */
    private static final long FRAME = 0x8000;

    private final TestHost host = TestHost.create();
    private final int domid =
            host.toolstack.create(TestHost.guest("web", 17, 17).build()).domid();
    private final RestoredMemory memory = new RestoredMemory(host.xenctrl, domid, KiB.ofMiB(17), KiB.ofMiB(17));

    @AfterEach
    void close() {
        host.close();
    }

    private static PageBatch page(long pfn, PageType type, byte... content) {
        ByteBuffer page =
                ByteBuffer.allocate(type.hasContent() ? Pages.BYTES : 0).put(0, content);
        return PageBatch.of(new long[] {pfn}, new PageType[] {type}, page);
    }

    private byte firstByte() {
        try (MappedPages page =
                host.xenctrl.libraries().foreignMemory().map(domid, Protection.READ, new long[] {FRAME})) {
            return page.bytes().get(0);
        }
    }

    @Test
    void aPageOfZeroesIsClearedAlsoIfItHadContentBefore() {
        memory.put(page(FRAME, PageType.NORMAL, (byte) 7));
        assertEquals(7, firstByte());
        memory.put(page(FRAME, PageType.ALLOCATE_ONLY));
        assertEquals(7, firstByte());
        memory.put(page(FRAME, PageType.ZERO));
        assertEquals(0, firstByte());
    }

    @Test
    void aPageBeyondTheMemoryOfTheGuestIsRefused() {
        long end = (1L << 20) + KiB.ofMiB(17).toPages().count() + 1024;
        memory.put(page(end - 1, PageType.ZERO));
        for (long pfn : new long[] {end, PageBatch.LAST_PFN}) {
            var e = assertThrows(SaveStreamException.class, () -> memory.put(page(pfn, PageType.ZERO)));
            assertTrue(e.getMessage().contains("beyond the memory"), e.getMessage());
        }
    }
}
