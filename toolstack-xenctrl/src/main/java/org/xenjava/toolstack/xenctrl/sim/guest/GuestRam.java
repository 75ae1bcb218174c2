// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.sim.guest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A guest's RAM: all of it, and the part that firmware leaves to the operating system. */
final class GuestRam {
    private static final long EBDA = 0x9f;
    private static final long VGA_HOLE = 0xa0;
    private static final long OPTION_ROMS = 0xc0;
    private static final long ONE_MIB = 0x100;

    private final List<PageRange> all;
    private final List<PageRange> visible;

    private GuestRam(List<PageRange> all, List<PageRange> visible) {
        this.all = List.copyOf(all);
        this.visible = List.copyOf(visible);
    }

    static GuestRam of(GuestMachine machine, Firmware firmware) {
        boolean hvm = machine.identity().kind() == GuestIdentity.Kind.HVM;
        List<PageRange> all = new ArrayList<>();
        List<PageRange> visible = new ArrayList<>();
        visible.add(new PageRange(1, hvm ? EBDA : VGA_HOLE));
        if (hvm) {
            all.add(new PageRange(0, VGA_HOLE));
            all.add(new PageRange(OPTION_ROMS, ONE_MIB));
        }
        for (PageRange range : machine.memoryMap()) {
            all.add(range);
            visible.add(new PageRange(Math.min(Math.max(range.first(), ONE_MIB), range.end()), range.end()));
        }
        return new GuestRam(all, withoutTop(visible, hvm ? firmware.topPages() + firmware.relocatedPages() : 0));
    }

    private static List<PageRange> withoutTop(List<PageRange> ranges, long pages) {
        int last = ranges.size() - 1;
        PageRange top = ranges.get(last);
        List<PageRange> shorter = new ArrayList<>(ranges.subList(0, last));
        shorter.add(new PageRange(top.first(), top.end() - Math.min(pages, top.pages())));
        return shorter;
    }

    /** Every page of RAM, ascending. */
    List<PageRange> all() {
        return all;
    }

    long visiblePages() {
        return pages(visible);
    }

    /** All RAM, counted with the VGA hole. */
    long nominalPages() {
        boolean withoutHole = all.get(0).end() == VGA_HOLE;
        return pages(all) + (withoutHole ? OPTION_ROMS - VGA_HOLE : 0);
    }

    /** The pfn behind the last. */
    long highestPfn() {
        return all.get(all.size() - 1).end();
    }

    private static long pages(List<PageRange> ranges) {
        return ranges.stream().mapToLong(PageRange::pages).sum();
    }

    /** The visible pages number {@code from} to {@code end}, counted from the top of RAM down; topmost first. */
    List<Long> fromTop(long from, long end) {
        List<Long> gfns = new ArrayList<>();
        long above = 0;
        for (int i = visible.size() - 1; i >= 0; i--) {
            PageRange range = visible.get(i);
            for (long index = Math.max(from, above); index < Math.min(end, above + range.pages()); index++) {
                gfns.add(range.end() - 1 - (index - above));
            }
            above += range.pages();
        }
        return gfns;
    }

    /** All RAM below the topmost {@code pages} visible pages, ascending, and all that is not visible. */
    List<PageRange> without(long pages) {
        List<PageRange> rest = new ArrayList<>();
        long left = pages;
        for (int i = all.size() - 1; i >= 0; i--) {
            PageRange range = all.get(i);
            PageRange usable = visibleIn(range);
            long cut = Math.min(left, usable.pages());
            left -= cut;
            rest.add(new PageRange(usable.end(), range.end()));
            rest.add(new PageRange(range.first(), usable.end() - cut));
        }
        rest.removeIf(range -> range.pages() == 0);
        Collections.reverse(rest);
        return rest;
    }

    /** The topmost visible part of a range of RAM. */
    private PageRange visibleIn(PageRange range) {
        return visible.stream()
                .filter(part -> part.first() >= range.first() && part.end() <= range.end())
                .reduce((lower, higher) -> higher)
                .orElse(new PageRange(range.end(), range.end()));
    }
}
