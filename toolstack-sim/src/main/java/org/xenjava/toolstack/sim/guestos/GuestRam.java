// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.xenjava.toolstack.sim.guest.Firmware;
import org.xenjava.toolstack.sim.guest.GuestIdentity;

/** A guest's RAM, and the part of it that the operating system may use. */
final class GuestRam {
    private static final long EBDA = 0x9f;
    private static final long VGA_HOLE = 0xa0;
    private static final long OPTION_ROMS = 0xc0;
    private static final long ONE_MIB = 0x100;

    private final List<GfnRange> all;
    private final List<GfnRange> visible;

    private GuestRam(List<GfnRange> all, List<GfnRange> visible) {
        this.all = List.copyOf(all);
        this.visible = List.copyOf(visible);
    }

    static GuestRam of(GuestMachine machine, Firmware firmware) {
        boolean hvm = machine.identity().kind() == GuestIdentity.Kind.HVM;
        List<GfnRange> all = new ArrayList<>();
        List<GfnRange> visible = new ArrayList<>();
        visible.add(new GfnRange(1, hvm ? EBDA : VGA_HOLE));
        if (hvm) {
            all.add(new GfnRange(0, VGA_HOLE));
            all.add(new GfnRange(OPTION_ROMS, ONE_MIB));
        }
        for (GfnRange range : machine.memoryMap()) {
            all.add(range);
            visible.add(new GfnRange(Math.min(Math.max(range.first(), ONE_MIB), range.end()), range.end()));
        }
        return new GuestRam(all, withoutTop(visible, hvm ? firmware.topPages() + firmware.relocatedPages() : 0));
    }

    private static List<GfnRange> withoutTop(List<GfnRange> ranges, long pages) {
        int last = ranges.size() - 1;
        GfnRange top = ranges.get(last);
        List<GfnRange> shorter = new ArrayList<>(ranges.subList(0, last));
        shorter.add(new GfnRange(top.first(), top.end() - Math.min(pages, top.pages())));
        return shorter;
    }

    /** All RAM, ascending. */
    List<GfnRange> all() {
        return all;
    }

    long visiblePages() {
        return pages(visible);
    }

    /** The number of pages of RAM, the VGA hole included. */
    long nominalPages() {
        boolean withoutHole = all.get(0).end() == VGA_HOLE;
        return pages(all) + (withoutHole ? OPTION_ROMS - VGA_HOLE : 0);
    }

    /** The pfn after the last. */
    long highestPfn() {
        return all.get(all.size() - 1).end();
    }

    private static long pages(List<GfnRange> ranges) {
        return ranges.stream().mapToLong(GfnRange::pages).sum();
    }

    /** The visible pages number {@code from} to {@code end}, counted downwards from the top of RAM; topmost first. */
    List<Long> fromTop(long from, long end) {
        List<Long> gfns = new ArrayList<>();
        long above = 0;
        for (int i = visible.size() - 1; i >= 0; i--) {
            GfnRange range = visible.get(i);
            for (long index = Math.max(from, above); index < Math.min(end, above + range.pages()); index++) {
                gfns.add(range.end() - 1 - (index - above));
            }
            above += range.pages();
        }
        return gfns;
    }

    /** All RAM but the topmost {@code pages} visible pages, ascending. */
    List<GfnRange> without(long pages) {
        List<GfnRange> rest = new ArrayList<>();
        long left = pages;
        for (int i = all.size() - 1; i >= 0; i--) {
            GfnRange range = all.get(i);
            GfnRange usable = visibleIn(range);
            long cut = Math.min(left, usable.pages());
            left -= cut;
            rest.add(new GfnRange(usable.end(), range.end()));
            rest.add(new GfnRange(range.first(), usable.end() - cut));
        }
        rest.removeIf(range -> range.pages() == 0);
        Collections.reverse(rest);
        return rest;
    }

    /** The topmost visible part of a range of RAM. */
    private GfnRange visibleIn(GfnRange range) {
        return visible.stream()
                .filter(part -> part.first() >= range.first() && part.end() <= range.end())
                .reduce((lower, higher) -> higher)
                .orElse(new GfnRange(range.end(), range.end()));
    }
}
