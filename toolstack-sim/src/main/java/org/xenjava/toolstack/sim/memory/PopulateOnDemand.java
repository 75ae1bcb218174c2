// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.OptionalLong;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * A domain's populate-on-demand state: how many frames wait for a page (the entries), the pages kept for them (the
 * cache), and the rules by which both change. While entries exceed the cache, whatever the guest frees goes into
 * the cache; as soon as the cache exceeds the entries, the excess goes to the heap.
 */
final class PopulateOnDemand {
    private final DomainPages pages;
    private final GfnMap map;
    private final PhysicalMemory content;
    private final MemoryEvents events;
    private final MemoryRules rules;
    private final PodCache cache = new PodCache();
    private final ZeroPageReclaim reclaim;
    private long entries;
    private boolean forbidden;

    PopulateOnDemand(DomainPages pages, GfnMap map, PhysicalMemory content, MemoryEvents events, MemoryRules rules) {
        this.pages = pages;
        this.map = map;
        this.content = content;
        this.events = events;
        this.rules = rules;
        this.reclaim = new ZeroPageReclaim(this, map, content, rules.preemptionPending());
    }

    long entries() {
        return entries;
    }

    long cachePages() {
        return cache.pages();
    }

    /** Pages that the domain owns outside the cache. */
    long populated() {
        return pages.total() - cache.pages();
    }

    /** Entries vanished because something else was put in their place; the cache stays as it is. */
    void entriesReplaced(long count) {
        entries -= count;
    }

    /** The domain has devices, which populate-on-demand does not go with: the cache may not grow, nor the entries. */
    void forbid() {
        forbidden = true;
    }

    void allow() {
        forbidden = false;
    }

    /** Marks one aligned extent. False if it is forbidden, or something is in the way that is not PoD. */
    boolean mark(long gfn, int order) {
        if (forbidden) {
            return false;
        }
        long count = 1L << order;
        long already = map.count(gfn, count, GfnType.POPULATE_ON_DEMAND);
        if (already + map.count(gfn, count, GfnType.HOLE) != count) {
            return false;
        }
        map.set(gfn, order, GfnType.POPULATE_ON_DEMAND, GfnMap.NO_MFN);
        entries += count - already;
        return true;
    }

    /** {@code XENMEM_set_pod_target}: makes the cache such that the domain owns that many pages. */
    void setTarget(long target) {
        long populated = populated();
        boolean nothingToPopulate = populated > 0 && entries == 0;
        if (nothingToPopulate || pages.dying() || target < pages.total()) {
            return;
        }
        long wanted = target - populated;
        if (populated > 0) {
            wanted = Math.min(wanted, entries);
        }
        if (forbidden) {
            throw new XenRefusal(Errno.ENOTEMPTY);
        }
        if (!growCache(wanted)) {
            throw new XenRefusal(Errno.ENOMEM);
        }
        trimCache(wanted);
    }

    private boolean growCache(long wanted) {
        while (cache.pages() < wanted) {
            int order = wanted - cache.pages() >= PodCache.SUPERPAGE ? GfnMap.ORDER_2M : 0;
            OptionalLong first = pages.allocate(order);
            if (first.isEmpty() && order > 0) {
                order = 0;
                first = pages.allocate(order);
            }
            if (first.isEmpty()) {
                events.print("p2m_pod_set_cache_target: Unable to allocate page for PoD cache (target=" + wanted
                        + " cache=" + cache.pages() + ")");
                return false;
            }
            cache.add(first.getAsLong(), 1L << order);
        }
        return true;
    }

    private void trimCache(long wanted) {
        while (cache.pages() > wanted) {
            if (cache.pages() - wanted > PodCache.SUPERPAGE && cache.hasSuperpage()) {
                pages.free(cache.takeSuperpage().orElseThrow(), PodCache.SUPERPAGE);
            } else {
                pages.free(cache.takeSingle(), 1);
            }
        }
    }

    /** Zeroes pages that were RAM and keeps them in the cache. */
    private void keep(long mfn, long count) {
        content.clear(mfn, count);
        cache.add(mfn, count);
    }

    /** A zero page, or superpage, of the guest became PoD again. */
    void reclaimed(long gfn, int order, long mfn) {
        long count = 1L << order;
        map.set(gfn, order, GfnType.POPULATE_ON_DEMAND, GfnMap.NO_MFN);
        keep(mfn, count);
        entries += count;
    }

    /**
     * Puts a page where somebody touched a PoD frame. Returns after one step: the frame may then be in a smaller
     * PoD entry, and the touch is to be repeated.
     *
     * @param run what the gfn is in now, of PoD type
     * @return false if there is no page: the touch fails, and the guest has been crashed unless it is dying
     */
    boolean demandPopulate(GfnMap.Run run, long gfn, Actor actor) {
        if (pages.dying()) {
            return false;
        }
        int order = run.order();
        if (order == GfnMap.ORDER_1G) {
            map.shatter(gfn);
            return true;
        }
        if (entries > cache.pages()) {
            reclaim.eagerly();
        }
        if (cache.pages() == 0) {
            reclaim.sweep();
        }
        if (cache.pages() == 0) {
            outOfMemory(actor);
            return false;
        }
        reclaim.populating(gfn);
        OptionalLong mfn = order == 0 ? OptionalLong.of(cache.takeSingle()) : cache.takeSuperpage();
        if (mfn.isEmpty()) {
            map.shatter(gfn);
            return true;
        }
        long first = gfn & -(1L << order);
        map.set(first, order, GfnType.RAM, mfn.getAsLong());
        entries -= 1L << order;
        reclaim.populated(first, order);
        return true;
    }

    private void outOfMemory(Actor actor) {
        events.print("p2m_pod_demand_populate: Dom" + pages.domid() + " out of PoD memory! (tot=" + pages.total()
                + " ents=" + entries + " dom" + actor.domid() + ")");
        events.crash(actor, rules.outOfMemorySourceLine());
    }

    /**
     * What PoD does with an aligned extent that the guest gives back, before anybody else sees it.
     *
     * @return pages handled here; holes are left behind
     */
    long decrease(long gfn, int order) {
        if (entries == 0 || pages.dying()) {
            return 0;
        }
        long count = 1L << order;
        long pod = map.count(gfn, count, GfnType.POPULATE_ON_DEMAND);
        long ram = map.count(gfn, count, GfnType.RAM);
        if (pod == 0 && entries <= cache.pages()) {
            return 0;
        }
        boolean becomesPod = pod != count
                && entries > cache.pages()
                && order < GfnMap.ORDER_2M
                && ram == count
                && reclaim.superpage(gfn & -PodCache.SUPERPAGE);
        long handled = becomesPod ? takeBack(gfn, order, count, 0) : takeBack(gfn, order, pod, ram);
        if (entries < cache.pages()) {
            trimCache(entries);
        }
        return handled;
    }

    private long takeBack(long gfn, int order, long podThere, long ramThere) {
        long end = gfn + (1L << order);
        long pod = podThere;
        long ram = ramThere;
        long handled = 0;
        // Xen looks again only after it has taken a page: entries that go first do not change its mind.
        boolean steals = entries > cache.pages();
        for (long at = gfn; at < end && (pod > 0 || (ram > 0 && steals)); ) {
            GfnMap.Run run = map.at(at);
            long step = Math.min(run.end(), end) - at;
            if (run.type() == GfnType.POPULATE_ON_DEMAND) {
                map.clear(at, step);
                entries -= step;
                pod -= step;
                handled += step;
            } else if (run.type() == GfnType.RAM && steals) {
                step = 1L << Math.min(run.order(), order);
                map.clear(at, step);
                keep(run.mfnOf(at), step);
                ram -= step;
                handled += step;
                steals = entries > cache.pages();
            }
            at += step;
        }
        return handled;
    }

    /** The domain is dead: nothing is populated any more, and the cache is freed. The entries are never counted down. */
    void empty() {
        trimCache(0);
    }
}
