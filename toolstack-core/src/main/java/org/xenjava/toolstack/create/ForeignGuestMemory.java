// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.stream.LongStream;
import org.xenjava.toolstack.image.GuestMemory;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A domain's memory, written through short-lived mappings of at most 4 MiB each. */
final class ForeignGuestMemory implements GuestMemory {
    // Mappings cost dom0 address space and page tables; a whole kernel at once is not worth it.
    private static final int PAGES_PER_MAPPING = 1024;

    private final XenForeignMemory foreignMemory;
    private final int domid;

    ForeignGuestMemory(XenForeignMemory foreignMemory, int domid) {
        this.foreignMemory = foreignMemory;
        this.domid = domid;
    }

    @Override
    public void write(long address, byte[] source, int offset, int length) {
        int written = 0;
        while (written < length) {
            long at = address + written;
            int inPage = (int) (at & (Pages.BYTES - 1));
            int room = PAGES_PER_MAPPING * Pages.BYTES - inPage;
            int part = Math.min(room, length - written);
            writeMapped(at >> Pages.SHIFT, inPage, source, offset + written, part);
            written += part;
        }
    }

    private void writeMapped(long firstGfn, int inPage, byte[] source, int offset, int length) {
        long pages = Pages.holding((long) inPage + length).count();
        long[] gfns = LongStream.range(firstGfn, firstGfn + pages).toArray();
        try (MappedPages mapped = foreignMemory.map(domid, Protection.READ_WRITE, gfns)) {
            mapped.bytes().put(inPage, source, offset, length);
        }
    }
}
