// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The first page tables of a PV guest: four levels of tables with machine frames. Xen requires that no table is mapped
 * writable; everything else is. Immutable.
 */
public final class PvPageTables {
    static final int PAGE_BYTES = 4096;

    private static final int PAGE_BITS = 12;
    private static final int INDEX_BITS = 9;
    private static final int ENTRIES = 1 << INDEX_BITS;
    private static final int ROOT_LEVEL = 4;
    private static final long ADDRESS_MASK = (1L << AddressSpace.BITS) - 1;

    /** Present, writable, user, accessed, dirty. */
    private static final long TABLE_FLAGS = 0x67;

    /** Present, writable, accessed. Xen adds the user bit. */
    private static final long WRITABLE_FLAGS = 0x23;

    private static final long READ_ONLY_FLAGS = 0x21;

    private final List<Mapping> mappings;
    private final List<Table> tables;
    private final Map<Place, Table> byPlace;
    private final List<PfnRange> tableRanges;

    private PvPageTables(List<Mapping> mappings, List<Table> tables, List<PfnRange> tableRanges) {
        this.mappings = List.copyOf(mappings);
        this.tables = List.copyOf(tables);
        this.tableRanges = List.copyOf(tableRanges);
        this.byPlace = new HashMap<>();
        tables.forEach(table -> byPlace.put(table.place(), table));
    }

    /**
     * Neighbouring pages at neighbouring addresses.
     *
     * @param address virtual address of the first page
     */
    record Mapping(long address, PfnRange pages) {
        private long firstPage() {
            return (address & ADDRESS_MASK) >>> PAGE_BITS;
        }

        private long lastAddress() {
            return (address & ADDRESS_MASK) + pages.count() * PAGE_BYTES - 1;
        }
    }

    /** The addresses that a table is for: the first table of its level has index 0. */
    private record Place(int level, long index) {}

    /** A table and the page that it is in. */
    private record Table(Place place, long pfn) {}

    /** The number of tables that map the addresses, the root included. */
    static long count(long first, long last) {
        long count = 0;
        for (int level = 1; level <= ROOT_LEVEL; level++) {
            count += index(last & ADDRESS_MASK, level) - index(first & ADDRESS_MASK, level) + 1;
        }
        return count;
    }

    /** The tables of one mapping, in pages from {@code firstPfn} on: the root first, then level by level. */
    static PvPageTables of(Mapping mapping, long firstPfn) {
        return new PvPageTables(List.of(), List.of(), List.of()).with(mapping, firstPfn);
    }

    /** These tables with another mapping, whose further tables are in pages from {@code firstPfn} on. */
    PvPageTables with(Mapping mapping, long firstPfn) {
        List<Table> all = new ArrayList<>(tables);
        for (int level = ROOT_LEVEL; level >= 1; level--) {
            long last = index(mapping.lastAddress(), level);
            for (long index = index(mapping.address() & ADDRESS_MASK, level); index <= last; index++) {
                Place place = new Place(level, index);
                if (!byPlace.containsKey(place)) {
                    all.add(new Table(place, firstPfn + all.size() - tables.size()));
                }
            }
        }
        List<Mapping> more = new ArrayList<>(mappings);
        more.add(mapping);
        List<PfnRange> ranges = new ArrayList<>(tableRanges);
        ranges.add(new PfnRange(firstPfn, all.size() - tables.size()));
        return new PvPageTables(more, all, ranges);
    }

    private static long index(long address, int level) {
        return address >>> PAGE_BITS + INDEX_BITS * level;
    }

    /** The pages of the tables: those of the first mapping, then those that each further mapping adds. */
    public List<PfnRange> ranges() {
        return tableRanges;
    }

    /** The pfn of the table of level 4. */
    public long root() {
        return tables.get(0).pfn();
    }

    /**
     * Makes the tables of a range of {@link #ranges}.
     *
     * @param first number of the first table in the range
     * @param pages zeroed memory for some tables of the range
     */
    public void fill(PfnRange range, long first, MachineFrames frames, ByteBuffer pages) {
        int number = tables.stream().map(Table::pfn).toList().indexOf(range.first() + first);
        pages.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < pages.capacity(); at += PAGE_BYTES) {
            fill(tables.get(number++).place(), frames, pages.slice(at, PAGE_BYTES));
        }
    }

    private void fill(Place table, MachineFrames frames, ByteBuffer page) {
        page.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < ENTRIES; i++) {
            long index = table.index() << INDEX_BITS | i;
            page.putLong(
                    i * Long.BYTES, table.level() == 1 ? leaf(index, frames) : branch(table.level(), index, frames));
        }
    }

    private long branch(int level, long index, MachineFrames frames) {
        Table below = byPlace.get(new Place(level - 1, index));
        return below == null ? 0 : entry(frames.of(below.pfn()), TABLE_FLAGS);
    }

    private long leaf(long page, MachineFrames frames) {
        for (Mapping mapping : mappings) {
            long offset = page - mapping.firstPage();
            if (offset >= 0 && offset < mapping.pages().count()) {
                long pfn = mapping.pages().first() + offset;
                boolean isTable = tableRanges.stream().anyMatch(range -> range.contains(pfn));
                return entry(frames.of(pfn), isTable ? READ_ONLY_FLAGS : WRITABLE_FLAGS);
            }
        }
        return 0;
    }

    private static long entry(long frame, long flags) {
        return frame << PAGE_BITS | flags;
    }
}
