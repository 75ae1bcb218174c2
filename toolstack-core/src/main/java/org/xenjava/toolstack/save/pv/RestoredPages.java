// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.xenctrl.PvCalls;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Puts the pages of a stream into a PV domain. Each page gets a machine frame when it is first mentioned, by its contents or
 * by an entry of a page table; page tables get the machine frames in place of the pfns. The machine frames and the types
 * take 9 bytes for each pfn of the guest. Every number of the stream is checked before it reaches Xen.
 */
final class RestoredPages {
    /** Pages by which max_mem exceeds those of the stream once it has to grow. */
    private static final long MARGIN_PAGES = 256;

    /** Pages that a guest may have beside its RAM. */
    private static final long MOST_BESIDE_RAM = 1024;

    private static final int SINGLE = 0;

    private final Xenctrl xenctrl;
    private final int domid;
    private final long mostPages;
    private final long mostPfns;
    private final BitSet written = new BitSet();
    private long[] frames = {};
    private byte[] types = {};
    private long[] list = {};
    private long pages;
    private long limit;

    /**
     * @param maxMem the present limit of the domain
     * @param maxMemory what the guest may have as RAM
     */
    RestoredPages(Xenctrl xenctrl, int domid, KiB maxMem, KiB maxMemory) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.limit = maxMem.toPages().count();
        this.mostPages = maxMemory.toPages().count() + MOST_BESIDE_RAM;
        this.mostPfns = PvPages.mostPfns(maxMemory);
    }

    /** The number of pages that the domain has. */
    long count() {
        return pages;
    }

    /** The number of pfns; the first pfn behind the guest's memory. */
    long end() {
        return frames.length;
    }

    /** Takes a part of the list of the pages with the guest's list of its pages. */
    void expect(PvRecord.P2mFrames record) {
        if (record.lastPfn() >= Math.min(mostPfns, PvFrames.MOST_PFNS)) {
            throw new SaveStreamException("the stream has pfns up to 0x" + Long.toHexString(record.lastPfn())
                    + ", beyond the memory that its configuration allows");
        }
        if (record.firstIndex() > list.length) {
            throw new SaveStreamException("the stream has a list of pages that leaves out pfns");
        }
        int end = (int) record.lastPfn() + 1;
        if (end > frames.length) {
            int before = frames.length;
            frames = Arrays.copyOf(frames, end);
            Arrays.fill(frames, before, end, PvFrames.NONE);
            types = Arrays.copyOf(types, end);
            int known = list.length;
            list = Arrays.copyOf(list, (int) PvRecord.P2mFrames.pages(0, end - 1));
            Arrays.fill(list, known, list.length, PvFrames.NONE);
        }
        long[] pfns = record.pfns();
        System.arraycopy(pfns, 0, list, record.firstIndex(), pfns.length);
    }

    /** Populates the pages of a record and writes their contents. */
    void put(PageBatch batch) {
        List<Long> fresh = new ArrayList<>();
        ByteBuffer contents = ByteBuffer.allocate(batch.storedPages() * Pages.BYTES)
                .put(batch.contents())
                .flip();
        long[] stored = new long[batch.storedPages()];
        int[] levels = new int[stored.length];
        List<Long> cleared = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < batch.count(); i++) {
            long pfn = require(batch.pfn(i), "a page");
            PageType type = batch.type(i);
            if (type == PageType.BROKEN || type == PageType.ABSENT) {
                continue;
            }
            mention(pfn, fresh);
            types[(int) pfn] = (byte) type.xen();
            if (type.hasContent()) {
                levels[next] = type.tableLevel();
                if (levels[next] > 0) {
                    mentionAll(levels[next], contents.slice(next * Pages.BYTES, Pages.BYTES), fresh);
                }
                stored[next++] = pfn;
                written.set((int) pfn);
            } else if (type == PageType.ZERO) {
                types[(int) pfn] = (byte) PageType.NORMAL.xen();
                written.set((int) pfn);
                cleared.add(pfn);
            } else {
                types[(int) pfn] = (byte) PageType.NORMAL.xen();
            }
        }
        populate(fresh);
        for (int i = 0; i < stored.length; i++) {
            if (levels[i] > 0) {
                localise(levels[i], contents.slice(i * Pages.BYTES, Pages.BYTES));
            }
        }
        write(stored, contents);
        clear(cleared);
    }

    private PageType type(long pfn) {
        return PageType.of(types[(int) pfn]).orElseThrow();
    }

    /** Adds the pages in the entries of a page table to those that need a machine frame. */
    private void mentionAll(int level, ByteBuffer table, List<Long> fresh) {
        ByteBuffer entries = table.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < PageTables.ENTRIES; i++) {
            long entry = entries.getLong(i * Long.BYTES);
            if (PageTables.isPresent(entry) && !PageTables.isOfXen(level, i)) {
                if (PageTables.isLarge(level, entry)) {
                    throw new SaveStreamException("entry " + i + " of a page table of level " + level
                            + " of the stream is a large page, which no PV guest can have");
                }
                mention(require(PageTables.number(entry), "an entry of a page table"), fresh);
            }
        }
    }

    private long require(long pfn, String what) {
        if (pfn < 0 || pfn >= frames.length) {
            throw new SaveStreamException("the stream has " + what + " for pfn 0x" + Long.toHexString(pfn)
                    + ", beyond those that it has announced");
        }
        return pfn;
    }

    private void mention(long pfn, List<Long> fresh) {
        if (frames[(int) pfn] == PvFrames.NONE) {
            // Another entry of the same record may mention it, too.
            frames[(int) pfn] = Long.MAX_VALUE;
            fresh.add(pfn);
        }
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
        for (int from = 0; from < fresh.size(); from += PageBatch.MOST) {
            List<Long> some = fresh.subList(from, Math.min(fresh.size(), from + PageBatch.MOST));
            long[] pfns = some.stream().mapToLong(Long::longValue).toArray();
            long[] got = xenctrl.memory().populateMachineFrames(domid, pfns, SINGLE);
            if (got.length < pfns.length) {
                throw new HostMemoryException("Xen did not populate the " + Pages.of(pages)
                        + " that the stream has so far: the host is out of memory");
            }
            for (int i = 0; i < pfns.length; i++) {
                frames[(int) pfns[i]] = got[i];
            }
        }
    }

    private void localise(int level, ByteBuffer table) {
        PageTables.replace(level, table, pfn -> frames[(int) pfn]);
    }

    private void write(long[] pfns, ByteBuffer contents) {
        if (pfns.length > 0) {
            update(pfns, bytes -> bytes.put(contents.duplicate()));
        }
    }

    private void clear(List<Long> pfns) {
        for (int from = 0; from < pfns.size(); from += PageBatch.MOST) {
            List<Long> some = pfns.subList(from, Math.min(pfns.size(), from + PageBatch.MOST));
            long[] part = some.stream().mapToLong(Long::longValue).toArray();
            write(part, ByteBuffer.allocate(part.length * Pages.BYTES));
        }
    }

    /** Clears the pages that have got no contents: they may contain data of their last owner. */
    void complete() {
        List<Long> left = new ArrayList<>();
        for (int pfn = 0; pfn < frames.length; pfn++) {
            if (frames[pfn] != PvFrames.NONE && !written.get(pfn)) {
                left.add((long) pfn);
            }
        }
        clear(left);
    }

    /** Maps pages for as long as an action lasts. Xen refuses page tables that dom0 still maps. */
    private void update(long[] pfns, Consumer<ByteBuffer> action) {
        long[] at = Arrays.stream(pfns).map(pfn -> frames[(int) pfn]).toArray();
        try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, at)) {
            action.accept(mapped.bytes());
        }
    }

    /** Changes an ordinary page. */
    void update(long pfn, String what, Consumer<ByteBuffer> action) {
        ordinary(pfn, what);
        update(new long[] {pfn}, action);
    }

    /** The machine frame of an ordinary page. */
    long ordinary(long pfn, String what) {
        if (type(require(pfn, what)) != PageType.NORMAL) {
            throw new SaveStreamException(
                    "the stream has " + what + " at pfn 0x" + Long.toHexString(pfn) + ", which is a " + type(pfn));
        }
        return frame(pfn, what);
    }

    /** The machine frame of a root of page tables. */
    long root(long pfn, String what) {
        if (type(require(pfn, what)).tableLevel() != PageTables.ROOT_LEVEL) {
            throw new SaveStreamException(
                    "the stream has " + what + " at pfn 0x" + Long.toHexString(pfn) + ", which is a " + type(pfn));
        }
        return frame(pfn, what);
    }

    private long frame(long pfn, String what) {
        if (frames[(int) pfn] == PvFrames.NONE) {
            throw new SaveStreamException(
                    "the stream has " + what + " at pfn 0x" + Long.toHexString(pfn) + ", and not that page");
        }
        return frames[(int) pfn];
    }

    /** The page tables that are to be pinned, in portions for one call each. */
    List<List<PvCalls.Table>> pinned() {
        List<List<PvCalls.Table>> portions = new ArrayList<>();
        List<PvCalls.Table> some = new ArrayList<>();
        for (int pfn = 0; pfn < frames.length; pfn++) {
            PageType type = type(pfn);
            if (type.isPinned() && frames[pfn] != PvFrames.NONE) {
                some.add(new PvCalls.Table(type.tableLevel(), frames[pfn]));
            }
            boolean full = some.size() == PvCalls.MOST_TABLES || pfn == frames.length - 1 && !some.isEmpty();
            if (full) {
                portions.add(List.copyOf(some));
                some.clear();
            }
        }
        return portions;
    }

    /** Writes the machine frames into the guest's own list of its pages. */
    void writeList() {
        for (int index = 0; index < list.length; index++) {
            int first = index * PvRecord.P2mFrames.PFNS_PER_PAGE;
            int end = Math.min(frames.length, first + PvRecord.P2mFrames.PFNS_PER_PAGE);
            update(list[index], "a page of the guest's list of its pages", bytes -> {
                for (int pfn = first; pfn < end; pfn++) {
                    bytes.putLong(frames[pfn]);
                }
            });
        }
    }
}
