// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.OptionalLong;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The memory of one domain: what it owns and what its guest frames map to. Methods named after hypercalls behave as
 * Xen's do, their partial results and silent refusals included.
 */
public final class DomainMemory {
    private final DomainPages pages;
    private final GfnMap map;
    private final PhysicalMemory content;
    private final MemoryEvents events;
    private final PopulateOnDemand pod;
    private final RangeSet unreachable = new RangeSet();

    /** The counters of populate-on-demand, in pages. */
    public record PodCounters(long totalPages, long cachePages, long entries) {}

    public DomainMemory(int domid, HostMemory host, PhysicalMemory content, MemoryEvents events, MemoryRules rules) {
        this.pages = new DomainPages(domid, host, content, events);
        this.map = new GfnMap(rules.largestEntryOrder());
        this.content = content;
        this.events = events;
        this.pod = new PopulateOnDemand(pages, map, content, events, rules);
    }

    // ---- numbers ------------------------------------------------------------------------------------------

    /** Pages that the domain owns. */
    public long totalPages() {
        return pages.total();
    }

    /** Pages that it may own. */
    public long maxPages() {
        return pages.max();
    }

    /** {@code XEN_DOMCTL_max_mem}, in pages. */
    public void setMaxPages(long max) {
        pages.setMax(max);
    }

    /** Pages claimed and not yet taken. */
    public long claimedPages() {
        return pages.claim();
    }

    /** {@code XENMEM_claim_pages}: the total that the domain is to reach; 0 gives the claim back. */
    public void claimPages(long total) {
        pages.claim(total);
    }

    /** {@code XENMEM_maximum_gpfn}: never falls. */
    public long highestGfn() {
        return map.highestEverMapped();
    }

    /** One consistent reading. */
    public PodCounters podCounters() {
        return new PodCounters(pages.total(), pod.cachePages(), pod.entries());
    }

    /** How many of these gfns are of that type. */
    public long count(long gfn, long count, GfnType type) {
        return map.count(gfn, count, type);
    }

    // ---- giving and taking --------------------------------------------------------------------------------

    /** One extent of {@code XENMEM_populate_physmap}, with pages. */
    public boolean populate(long gfn, int order) {
        OptionalLong mfn = pages.allocate(order);
        if (mfn.isEmpty()) {
            return false;
        }
        put(gfn, order, GfnType.RAM, mfn.getAsLong());
        return true;
    }

    /** One extent of {@code XENMEM_populate_physmap} with {@code XENMEMF_populate_on_demand}. */
    public boolean markPopulateOnDemand(long gfn, int order) {
        for (Chunk chunk : Chunk.aligned(gfn, order)) {
            if (!pod.mark(chunk.gfn(), chunk.order())) {
                return false;
            }
        }
        return true;
    }

    /** One extent of {@code XENMEM_increase_reservation}: pages without a place in the map. */
    public boolean increaseReservation(int order) {
        OptionalLong mfn = pages.allocate(order);
        mfn.ifPresent(first -> unreachable.add(first, first + (1L << order)));
        return mfn.isPresent();
    }

    /** One extent of {@code XENMEM_decrease_reservation}. */
    public boolean decreaseReservation(long gfn, int order) {
        long handled = 0;
        for (Chunk chunk : Chunk.aligned(gfn, order)) {
            handled += pod.decrease(chunk.gfn(), chunk.order());
        }
        // What PoD handled is a hole now: exactly so many holes are in order.
        for (long at = gfn; at - gfn + handled < 1L << order; at++) {
            GfnType type = map.at(at).type();
            if (type == GfnType.HOLE && handled > 0) {
                handled--;
            } else if (type == GfnType.HOLE || !removePage(at)) {
                return false;
            }
        }
        return true;
    }

    private boolean removePage(long gfn) {
        GfnMap.Run run = map.at(gfn);
        if (run.type() == GfnType.POPULATE_ON_DEMAND) {
            // Of a dying domain: otherwise PoD would have taken it.
            events.print("Domain " + pages.domid() + " page number " + Long.toHexString(gfn) + " invalid");
            return false;
        }
        map.clear(gfn, 1);
        if (run.type() == GfnType.RAM) {
            pages.free(run.mfnOf(gfn), 1);
        }
        return true;
    }

    /** {@code XENMEM_set_pod_target}. */
    public void setPodTarget(long target) {
        if (Long.compareUnsigned(target, pages.max()) > 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        pod.setTarget(target);
    }

    /** The domain was given device memory or I/O ports: no new populate-on-demand from now on (Xen 4.17). */
    public void devicesAssigned() {
        pod.forbid();
    }

    /** It has no devices any more. */
    public void devicesWithdrawn() {
        pod.allow();
    }

    // ---- the map ------------------------------------------------------------------------------------------

    /**
     * Looks a frame up as an access does: a populate-on-demand frame gets its page, which may kill the guest.
     *
     * @return the machine frame; empty if there is none
     */
    public OptionalLong touch(long gfn, Actor actor) {
        GfnMap.Run run = map.at(gfn);
        while (run.type() == GfnType.POPULATE_ON_DEMAND) {
            if (!pod.demandPopulate(run, gfn, actor)) {
                return OptionalLong.empty();
            }
            run = map.at(gfn);
        }
        return run.mfn() == GfnMap.NO_MFN ? OptionalLong.empty() : OptionalLong.of(run.mfnOf(gfn));
    }

    /**
     * Writes to whole pages: something that is not zero, or zeroes. Populates on the way; what has no page is
     * skipped, as a write to nothing is.
     *
     * @return false if the guest died of it
     */
    public boolean overwrite(long gfn, long count, Filling filling, Actor actor) {
        long end = gfn + count;
        for (long at = gfn; at < end; ) {
            GfnMap.Run run = map.at(at);
            if (run.type() == GfnType.POPULATE_ON_DEMAND) {
                if (touch(at, actor).isEmpty()) {
                    return false;
                }
                continue;
            }
            long stop = Math.min(run.end(), end);
            if (run.type() == GfnType.RAM) {
                if (filling == Filling.ZEROES) {
                    content.clear(run.mfnOf(at), stop - at);
                } else {
                    content.fill(run.mfnOf(at), stop - at);
                }
            }
            at = stop;
        }
        return true;
    }

    /** What to overwrite pages with. */
    public enum Filling {
        ZEROES,
        SOMETHING
    }

    /** Looks a frame up without populating it. */
    public GfnType type(long gfn) {
        return map.at(gfn).type();
    }

    /** {@code XENMEM_add_to_physmap} of a page of the domain's own: it moves from one gfn to another. */
    public void move(long from, long to, Actor actor) {
        long mfn = touch(from, actor).orElseThrow(() -> new XenRefusal(Errno.EINVAL));
        if (from == to) {
            return;
        }
        try {
            // Populating the destination must not reclaim the page that is to go there.
            content.hold(mfn);
            makeRoom(to, actor);
        } finally {
            content.releaseHeld();
        }
        map.clear(from, 1);
        put(to, 0, GfnType.RAM, mfn);
    }

    /** Maps a page of Xen's own, in place of what was there; if it was mapped before, it moves. */
    public void putSpecial(long gfn, long mfn, Actor actor) {
        makeRoom(gfn, actor);
        for (GfnMap.Run run : map.runs().stream().toList()) {
            if (run.type() == GfnType.SPECIAL && mfn >= run.mfn() && mfn < run.mfn() + run.pages()) {
                map.clear(run.first() + (mfn - run.mfn()), 1);
            }
        }
        put(gfn, 0, GfnType.SPECIAL, mfn);
    }

    private void makeRoom(long gfn, Actor actor) {
        if (touch(gfn, actor).isPresent()) {
            removePage(gfn);
        }
    }

    /** {@code XENMEM_remove_from_physmap}: the page is unmapped, and stays the domain's. */
    public void removeFromPhysmap(long gfn, Actor actor) {
        long mfn = touch(gfn, actor).orElseThrow(() -> new XenRefusal(Errno.ENOENT));
        if (map.at(gfn).type() == GfnType.RAM) {
            unreachable.add(mfn, mfn + 1);
        }
        map.clear(gfn, 1);
    }

    /** Pages that are replaced stay the domain's, out of reach; PoD entries that are replaced are gone. */
    private void put(long gfn, int order, GfnType type, long mfn) {
        long end = gfn + (1L << order);
        for (long at = gfn; at < end; ) {
            GfnMap.Run run = map.at(at);
            long stop = Math.min(run.end(), end);
            if (run.type() == GfnType.POPULATE_ON_DEMAND) {
                pod.entriesReplaced(stop - at);
            } else if (run.type() == GfnType.RAM) {
                unreachable.add(run.mfnOf(at), run.mfnOf(at) + (stop - at));
            }
            at = stop;
        }
        map.set(gfn, order, type, mfn);
    }

    // ---- mapping from outside, and the end ----------------------------------------------------------------

    /**
     * Maps frames for another domain; populate-on-demand ones are populated first.
     *
     * @throws XenRefusal EINVAL if one of them has no page; what was populated stays so
     */
    public FrameMapping mapForeign(Actor actor, long... gfns) {
        try {
            long[] mfns = new long[gfns.length];
            boolean complete = true;
            for (int i = 0; i < gfns.length; i++) {
                OptionalLong mfn = touch(gfns[i], actor);
                // Referenced at once: populating the next page must not reclaim this one.
                mfn.ifPresent(content::hold);
                mfns[i] = mfn.orElse(GfnMap.NO_MFN);
                complete &= mfn.isPresent();
            }
            if (!complete) {
                throw new XenRefusal(Errno.EINVAL);
            }
            return content.map(mfns);
        } finally {
            content.releaseHeld();
        }
    }

    /** Ends a mapping. Of a dead domain, these may have been the last pages. */
    public void unmap(FrameMapping mapping) {
        content.unmap(mapping);
        for (int i = 0; i < mapping.pages(); i++) {
            pages.unmapped(mapping.mfn(i));
        }
        if (pages.dying() && pages.total() == 0) {
            events.emptied();
        }
    }

    /** Whether {@link #destroy} was called. */
    public boolean dying() {
        return pages.dying();
    }

    /** {@code XEN_DOMCTL_destroydomain}: frees everything that nobody has mapped. Only the first time counts. */
    public void destroy() {
        if (pages.dying()) {
            return;
        }
        pages.startDying();
        pod.empty();
        for (GfnMap.Run run : map.runs()) {
            if (run.type() == GfnType.RAM) {
                pages.free(run.mfn(), run.pages());
            }
        }
        map.removeAll();
        unreachable.ranges().forEach((first, end) -> pages.free(first, end - first));
        if (pages.total() == 0) {
            events.emptied();
        }
    }
}
