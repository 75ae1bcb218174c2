// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.progress.MemoryComparison;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Puts the pages of a stream into a domain. Pages that come together are populated as 2 MiB where Xen has them; libxl
 * before 4.21 uses single pages. The domain's max_mem grows with the pages, because a guest may have been saved with more
 * than its target.
 */
public final class RestoredMemory {
    /** Pages by which max_mem exceeds those of the stream once it has to grow. */
    private static final long MARGIN_PAGES = 256;

    /** Pages that a guest may have beside its RAM. */
    private static final long MOST_BESIDE_RAM = 1024;

    /** The frames below 4 GiB, some of which belong to devices. RAM that has no room there is behind them. */
    private static final long LOW_FRAMES = 1L << 20;

    private static final int SMALL_ORDER = 0;
    private static final int LARGE_ORDER = 9;
    private static final int LARGE_PAGES = 1 << LARGE_ORDER;
    private static final int CHUNK_PAGES = 1 << 15;

    private final Xenctrl xenctrl;
    private final int domid;
    private final long mostPages;
    private final long frameEnd;
    private final Map<Long, BitSet> populated = new HashMap<>();
    private long pages;
    private long limit;
    private Optional<PageComparison> comparison = Optional.empty();

    /**
     * Names a domain that has no memory yet.
     *
     * @param xenctrl the hypercalls
     * @param domid number of the domain
     * @param maxMem the present limit of the domain
     * @param maxMemory what the guest may have as RAM
     */
    public RestoredMemory(Xenctrl xenctrl, int domid, KiB maxMem, KiB maxMemory) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.limit = maxMem.toPages().count();
        this.mostPages = maxMemory.toPages().count() + MOST_BESIDE_RAM;
        this.frameEnd = LOW_FRAMES + mostPages;
    }

    /** From now on, {@link #put} compares pages with those of the domain, and writes nothing. */
    public void compareFromNowOn() {
        comparison = Optional.of(new PageComparison(domid));
    }

    /** {@return the result of the comparison; empty if there was none} */
    public Optional<MemoryComparison> comparison() {
        return comparison.map(PageComparison::result);
    }

    /**
     * Populates the pages of a record and writes their contents.
     *
     * @param batch the record
     */
    public void put(PageBatch batch) {
        if (comparison.isPresent()) {
            compare(batch, comparison.get());
            return;
        }
        List<Long> fresh = new ArrayList<>();
        List<Long> mapped = new ArrayList<>();
        List<Integer> stored = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < batch.count(); i++) {
            PageType type = batch.type(i);
            boolean isNew = type != PageType.BROKEN && type != PageType.ABSENT && isNew(batch.pfn(i));
            if (isNew) {
                fresh.add(batch.pfn(i));
            }
            if (type.hasContent() || isNew || type == PageType.ZERO) {
                mapped.add(batch.pfn(i));
                stored.add(type.hasContent() ? next : -1);
            }
            next += type.hasContent() ? 1 : 0;
        }
        populate(fresh);
        if (!mapped.isEmpty()) {
            write(batch, mapped, stored);
        }
    }

    private boolean isNew(long pfn) {
        if (pfn >= frameEnd) {
            throw new SaveStreamException("the stream has a page at frame 0x" + Long.toHexString(pfn)
                    + ", beyond the memory that its configuration allows");
        }
        BitSet chunk = populated.computeIfAbsent(pfn / CHUNK_PAGES, key -> new BitSet(CHUNK_PAGES));
        int bit = (int) (pfn % CHUNK_PAGES);
        boolean fresh = !chunk.get(bit);
        chunk.set(bit);
        return fresh;
    }

    /** A page that the domain does not have counts as different. */
    private void compare(PageBatch batch, PageComparison result) {
        List<Long> mapped = new ArrayList<>();
        List<Integer> stored = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < batch.count(); i++) {
            PageType type = batch.type(i);
            if (type.hasContent() || type == PageType.ZERO) {
                if (isPopulated(batch.pfn(i))) {
                    mapped.add(batch.pfn(i));
                    stored.add(type.hasContent() ? next : -1);
                } else {
                    result.add(batch.pfn(i), false);
                }
            }
            next += type.hasContent() ? 1 : 0;
        }
        if (mapped.isEmpty()) {
            return;
        }
        try (MappedPages target = xenctrl.libraries().foreignMemory().map(domid, Protection.READ, gfns(mapped))) {
            ByteBuffer zeroes = ByteBuffer.allocate(Pages.BYTES);
            ByteBuffer bytes = target.bytes();
            for (int page = 0; page < mapped.size(); page++) {
                ByteBuffer expected = stored.get(page) < 0 ? zeroes.duplicate() : batch.content(stored.get(page));
                ByteBuffer found = bytes.slice(page * Pages.BYTES, Pages.BYTES);
                result.add(mapped.get(page), found.equals(expected));
            }
        }
    }

    private boolean isPopulated(long pfn) {
        BitSet chunk = populated.get(pfn / CHUNK_PAGES);
        return chunk != null && chunk.get((int) (pfn % CHUNK_PAGES));
    }

    private void populate(List<Long> fresh) {
        pages += fresh.size();
        if (pages > mostPages) {
            throw new SaveStreamException("the stream has more than " + mostPages
                    + " pages, which the maximum memory of its configuration does not allow");
        }
        if (pages > limit) {
            limit = pages + MARGIN_PAGES;
            xenctrl.memory().setMaxMem(domid, Pages.of(limit).toKiB());
        }
        List<Long> large = new ArrayList<>();
        List<Long> small = new ArrayList<>();
        for (int i = 0; i < fresh.size(); i++) {
            if (isLarge(fresh, i)) {
                large.add(fresh.get(i));
                i += LARGE_PAGES - 1;
            } else {
                small.add(fresh.get(i));
            }
        }
        int done = populate(large, LARGE_ORDER);
        for (long first : large.subList(done, large.size())) {
            for (long pfn = first; pfn < first + LARGE_PAGES; pfn++) {
                small.add(pfn);
            }
        }
        if (populate(small, SMALL_ORDER) < small.size()) {
            throw new HostMemoryException("Xen did not populate the " + Pages.of(pages)
                    + " that the stream has so far: the host is out of memory, or the paging pool is used up");
        }
    }

    private static boolean isLarge(List<Long> pfns, int index) {
        long first = pfns.get(index);
        if (first % LARGE_PAGES != 0 || index + LARGE_PAGES > pfns.size()) {
            return false;
        }
        for (int i = 1; i < LARGE_PAGES; i++) {
            if (pfns.get(index + i) != first + i) {
                return false;
            }
        }
        return true;
    }

    private int populate(List<Long> pfns, int order) {
        return pfns.isEmpty() ? 0 : xenctrl.memory().populatePhysmap(domid, gfns(pfns), order, 0);
    }

    private static long[] gfns(List<Long> pfns) {
        return pfns.stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Writes the pages that have content and clears the others: a new page may contain data of its last owner, and a page
     * of zeroes what the guest had there before.
     */
    private void write(PageBatch batch, List<Long> mapped, List<Integer> stored) {
        try (MappedPages target = xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, gfns(mapped))) {
            ByteBuffer zeroes = ByteBuffer.allocate(Pages.BYTES);
            ByteBuffer bytes = target.bytes();
            for (int page = 0; page < mapped.size(); page++) {
                ByteBuffer content = stored.get(page) < 0 ? zeroes.duplicate() : batch.content(stored.get(page));
                bytes.slice(page * Pages.BYTES, Pages.BYTES).put(content);
            }
        }
    }
}
