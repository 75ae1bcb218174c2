// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A guest's own list of the machine frames of its pages, as its kernel describes it in the page that it shares with Xen:
 * either by a virtual address and page tables ({@code p2m_cr3}, Linux from 4.0 on), or by a tree of lists
 * ({@code pfn_to_mfn_frame_list_list}).
 *
 * @param frames the contents of the list
 * @param pages machine frames of the pages of the list
 */
record P2mList(PvFrames frames, long[] pages) {
    private static final int PER_PAGE = PvRecord.P2mFrames.PFNS_PER_PAGE;
    private static final int INDEX_BITS = 9;
    private static final int CHUNK = 1024;
    private static final int ADDRESS_BITS = 48;

    /** The kernel may have reserved addresses for more memory than it has; Linux does so for half a TiB. */
    private static final long MOST_RESERVED_PFNS = 1L << 34;

    /**
     * Reads the list of a guest.
     *
     * @param sharedInfo machine frame of the page that the guest shares with Xen
     * @param mostPfns number of pfns that the guest may have
     * @throws DomainStateException if the guest does not describe such a list
     */
    static P2mList read(Xenctrl xenctrl, int domid, long sharedInfo, long mostPfns) {
        return new Reader(xenctrl, domid, mostPfns).read(sharedInfo);
    }

    /** The record of a stream. */
    PvRecord.P2mFrames record(int domid) {
        ByteBuffer pfns = ByteBuffer.allocate(pages.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long page : pages) {
            pfns.putLong(frames.pfn(page)
                    .orElseThrow(() -> new DomainStateException(
                            "domain " + domid + ": a page of the guest's list of its pages is none of its pages")));
        }
        return new PvRecord.P2mFrames(0, frames.end() - 1L, Blob.of(pfns.array()));
    }

    /** Walks the guest's memory. */
    private static final class Reader {
        private final Xenctrl xenctrl;
        private final int domid;
        private final long mostPfns;

        private Reader(Xenctrl xenctrl, int domid, long mostPfns) {
            this.xenctrl = xenctrl;
            this.domid = domid;
            this.mostPfns = mostPfns;
        }

        private P2mList read(long sharedInfo) {
            StructView info =
                    xenctrl.abi().struct("shared_info").at(ByteBuffer.wrap(contents(new long[] {sharedInfo})), 0);
            long pfns = info.get("arch.max_pfn");
            if (pfns < 1 || pfns > MOST_RESERVED_PFNS) {
                throw wrong("it reports " + Long.toUnsignedString(pfns) + " pages; it may be booting");
            }
            long root = info.get("arch.p2m_cr3");
            long[] pages = root == 0
                    ? tree(info.get("arch.pfn_to_mfn_frame_list_list"), pfns)
                    : mapped(root >>> Pages.SHIFT, info.get("arch.p2m_vaddr"), pfns);
            long covered = Math.min(pfns, (long) pages.length * PER_PAGE);
            return new P2mList(new PvFrames(numbers(pages, (int) covered)), pages);
        }

        /** The pages of a list at a virtual address. */
        private long[] mapped(long root, long address, long pfns) {
            long count = pages(pfns);
            long last = address + count * Pages.BYTES - 1;
            if (address % Pages.BYTES != 0
                    || !isCanonical(address)
                    || !isCanonical(last)
                    || Long.compareUnsigned(last, address) < 0) {
                throw wrong("it reports its list at address 0x" + Long.toHexString(address));
            }
            long[] tables = {root};
            long first = address & (1L << ADDRESS_BITS) - 1;
            long end = last & (1L << ADDRESS_BITS) - 1;
            for (int level = PageTables.ROOT_LEVEL; level > 0; level--) {
                int shift = Pages.SHIFT + INDEX_BITS * (level - 1);
                long begin = first >>> shift;
                tables = entries(tables, (int) (begin % PageTables.ENTRIES), (int) ((end >>> shift) - begin + 1));
                if (level == 2) {
                    tables = withoutReserve(tables);
                    if ((tables.length - 1L) * PageTables.ENTRIES > pages(mostPfns)) {
                        throw wrong("it is longer than the guest's memory");
                    }
                    // The addresses up to the end of what the last of these tables maps.
                    end = Math.min(end, (begin + tables.length << shift) - 1);
                }
            }
            return bounded(tables);
        }

        /**
         * The kernel maps the part of its list that no page needs to one table again and again. A stream cannot have it: each
         * page of a list has its own content there.
         */
        private static long[] withoutReserve(long[] tables) {
            int last = tables.length - 1;
            int used = last;
            while (used > 0 && tables[used - 1] == tables[last]) {
                used--;
            }
            return used == last ? tables : Arrays.copyOf(tables, Math.max(1, used));
        }

        /** The machine frames in neighbouring entries of neighbouring page tables. */
        private long[] entries(long[] tables, int first, int count) {
            long[] found = new long[count];
            for (int done = 0; done < count; ) {
                int table = (first + done) / PageTables.ENTRIES;
                long[] some = Arrays.copyOfRange(tables, table, Math.min(tables.length, table + CHUNK));
                ByteBuffer bytes = ByteBuffer.wrap(contents(some)).order(ByteOrder.LITTLE_ENDIAN);
                int at = (first + done) % PageTables.ENTRIES;
                while (done < count && at < some.length * PageTables.ENTRIES) {
                    long entry = bytes.getLong(at++ * Long.BYTES);
                    if (!PageTables.isPresent(entry)) {
                        throw wrong("a part of its list is not mapped");
                    }
                    found[done++] = PageTables.number(entry);
                }
            }
            return found;
        }

        /** The pages of a list that is the lowest level of a tree. */
        private long[] tree(long top, long pfns) {
            long count = pages(pfns);
            long lists = (count + PER_PAGE - 1) / PER_PAGE;
            if (top <= 0 || lists > PER_PAGE) {
                throw wrong("it has not told Xen where it keeps it; it may be booting, or have no support for it");
            }
            return bounded(numbers(withoutReserve(numbers(new long[] {top}, (int) lists)), (int) count));
        }

        private static long pages(long pfns) {
            return (pfns + PER_PAGE - 1) / PER_PAGE;
        }

        private long[] bounded(long[] pages) {
            if ((long) pages.length * PER_PAGE > PvFrames.MOST_PFNS || pages.length > pages(mostPfns)) {
                throw wrong("it has " + pages.length + " pages, more than " + pages(mostPfns));
            }
            return pages;
        }

        /** The numbers in pages of the guest, as many as there are but no more than wanted. */
        private long[] numbers(long[] pages, int most) {
            long[] numbers = new long[Math.min(most, pages.length * PER_PAGE)];
            for (int page = 0; page < pages.length; page += CHUNK) {
                long[] some = Arrays.copyOfRange(pages, page, Math.min(pages.length, page + CHUNK));
                int from = page * PER_PAGE;
                ByteBuffer.wrap(contents(some))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asLongBuffer()
                        .get(numbers, from, Math.max(0, Math.min(numbers.length - from, some.length * PER_PAGE)));
            }
            return numbers;
        }

        private byte[] contents(long[] frames) {
            byte[] contents = new byte[frames.length * Pages.BYTES];
            try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ, frames)) {
                mapped.bytes().get(contents);
            }
            return contents;
        }

        private static boolean isCanonical(long address) {
            long upper = address >> ADDRESS_BITS - 1;
            return upper == 0 || upper == -1;
        }

        private DomainStateException wrong(String what) {
            return new DomainStateException(
                    "domain " + domid + ": the guest's list of its pages cannot be read: " + what);
        }
    }
}
