// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.OptionalLong;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * A domain's populate-on-demand state: the number of frames that wait for a page (the entries), the pages kept for
 * them (the cache), and the rules by which both change. While there are more entries than cached pages, pages that
 * the guest frees go into the cache; pages in the cache beyond the entries go to the heap.
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

    /** The number of pages that the domain owns outside the cache. */
    long populated() {
        return pages.total() - cache.pages();
    }

    /** Subtracts entries that another page has replaced; the cache stays as it is. */
    void entriesReplaced(long count) {
        entries -= count;
    }

    /** Refuses growth of entries and cache while the domain has devices: they exclude populate-on-demand. */
    void forbid() {
        forbidden = true;
    }

    void allow() {
        forbidden = false;
    }

    /** Marks one aligned extent; false if it is forbidden or a frame of it has another type. */
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

    /** {@code XENMEM_set_pod_target}: resizes the cache so that the domain owns that many pages. */
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

    /** Zeroes pages that were RAM and adds them to the cache. */
    private void keep(long mfn, long count) {
        content.clear(mfn, count);
        cache.add(mfn, count);
    }

    /** Adds a reclaimed zero page or superpage to the cache, and its entries. */
    void reclaimed(long gfn, int order, long mfn) {
        long count = 1L << order;
        map.set(gfn, order, GfnType.POPULATE_ON_DEMAND, GfnMap.NO_MFN);
        keep(mfn, count);
        entries += count;
    }

    /**
     * Populates a PoD frame that was accessed. Returns after one step: the frame may then be in a smaller PoD entry,
     * and the caller repeats the access.
     *
     * @param run the run that contains the gfn, of PoD type
     * @return false if there is no page: the access fails, and the guest has crashed unless it is dying
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
     * Handles an aligned extent that the guest gives back, before the normal path does.
     *
     * @return the number of pages handled, which are holes now
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
        // Xen checks again only after it has taken a page, so entries that go first do not end the loop.
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

    /** Frees the cache of a dead domain and ends population. Xen does not count the entries down. */
    void empty() {
        trimCache(0);
    }
}
