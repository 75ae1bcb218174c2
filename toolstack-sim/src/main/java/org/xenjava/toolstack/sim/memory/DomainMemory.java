// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.xenjava.toolstack.sim.memory.HostMemory.Frames;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The memory of one domain: the pages that it owns and its map from guest frames to them. Methods named after
 * hypercalls behave as Xen's, partial results and silent refusals included.
 */
public final class DomainMemory {
    private final DomainPages pages;
    private final GfnMap map;
    private final PhysicalMemory content;
    private final MemoryEvents events;
    private final PopulateOnDemand pod;
    private final RangeSet<Long> unreachable = TreeRangeSet.create();
    private final DirtyLog dirtyLog = new DirtyLog();

    /** Xen's table of the pfns at machine frames, as far as it is about a PV domain. */
    private final Map<Long, Long> pfns = new HashMap<>();

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

    /** The number of pages that the domain owns. */
    public long totalPages() {
        return pages.total();
    }

    /** The limit of the pages that the domain may own. */
    public long maxPages() {
        return pages.max();
    }

    /** {@code XEN_DOMCTL_max_mem}, in pages. */
    public void setMaxPages(long max) {
        pages.setMax(max);
    }

    /** The NUMA nodes from which the domain gets its pages as long as they have some; none for all of them. */
    public BitSet preferredNodes() {
        return pages.preferredNodes();
    }

    /** The number of pages of a NUMA node that gfns of the domain map to. */
    public long pagesOf(int node) {
        return map.runs().stream()
                .filter(run -> run.type() == GfnType.RAM)
                .mapToLong(run -> pages.partOf(node, run.mfn(), run.pages()))
                .sum();
    }

    /** The number of pages that the domain has claimed and not yet taken. */
    public long claimedPages() {
        return pages.claim();
    }

    /** {@code XENMEM_claim_pages}: sets the total that the domain is to reach; 0 gives the claim back. */
    public void claimPages(long total) {
        pages.claim(total);
    }

    /** {@code XENMEM_maximum_gpfn}: the highest gfn that was ever mapped. */
    public long highestGfn() {
        return map.highestEverMapped();
    }

    /** Reads the counters of populate-on-demand consistently. */
    public PodCounters podCounters() {
        return new PodCounters(pages.total(), pod.cachePages(), pod.entries());
    }

    /** The number of these gfns that have that type. */
    public long count(long gfn, long count, GfnType type) {
        return map.count(gfn, count, type);
    }

    // ---- giving and taking --------------------------------------------------------------------------------

    /** One extent of {@code XENMEM_populate_physmap} that gets its pages at once; false ends the call. */
    public boolean populate(long gfn, int order) {
        return populate(gfn, order, OptionalInt.empty());
    }

    /**
     * One extent of {@code XENMEM_populate_physmap} that gets its pages at once; false ends the call.
     *
     * @param onlyFrom the NUMA node that has to have the pages; empty for any
     */
    public boolean populate(long gfn, int order, OptionalInt onlyFrom) {
        if (!GfnMap.covers(gfn, order)) {
            return false;
        }
        OptionalLong mfn = pages.allocate(order, onlyFrom);
        if (mfn.isEmpty()) {
            return false;
        }
        put(gfn, order, GfnType.RAM, mfn.getAsLong());
        dirtyLog.come(gfn, 1L << order);
        return true;
    }

    /**
     * One extent of {@code XENMEM_populate_physmap} of a PV domain, whose pages are addressed by machine frame.
     *
     * @param pfn the guest's number of the first page
     * @return the first machine frame; empty ends the call
     */
    public OptionalLong populateMachineFrames(long pfn, int order) {
        OptionalLong mfn = pages.allocate(order);
        mfn.ifPresent(first -> {
            put(first, order, GfnType.RAM, first);
            dirtyLog.number(frame -> pfns.getOrDefault(frame, -1L));
            for (long i = 0; i < 1L << order; i++) {
                pfns.put(first + i, pfn + i);
            }
        });
        return mfn;
    }

    /** Lets a PV domain and its builder map the page that it shares with Xen. */
    public void shareWithXen(long mfn) {
        map.set(mfn, 0, GfnType.SPECIAL, mfn);
    }

    /** One extent of {@code XENMEM_populate_physmap} with {@code XENMEMF_populate_on_demand}; false ends the call. */
    public boolean markPopulateOnDemand(long gfn, int order) {
        if (!GfnMap.covers(gfn, order)) {
            return false;
        }
        for (Chunk chunk : Chunk.aligned(gfn, order)) {
            if (!pod.mark(chunk.gfn(), chunk.order())) {
                return false;
            }
        }
        return true;
    }

    /** One extent of {@code XENMEM_increase_reservation}: pages that no gfn maps to; false ends the call. */
    public boolean increaseReservation(int order) {
        OptionalLong mfn = pages.allocate(order);
        mfn.ifPresent(first -> unreachable.add(Frames.range(first, 1L << order)));
        return mfn.isPresent();
    }

    /**
     * The domain gives back pages that no gfn maps to, as a paravirtual domain does with {@code
     * XENMEM_decrease_reservation}.
     */
    public void giveUnreachable(long count) {
        for (long left = count; left > 0; ) {
            Range<Long> range = unreachable.asRanges().iterator().next();
            long first = range.lowerEndpoint();
            long some = Math.min(left, range.upperEndpoint() - first);
            unreachable.remove(Frames.range(first, some));
            pages.free(first, some);
            left -= some;
        }
    }

    /** One extent of {@code XENMEM_decrease_reservation}; false ends the call. */
    public boolean decreaseReservation(long gfn, int order) {
        long handled = 0;
        for (Chunk chunk : Chunk.aligned(gfn, order)) {
            handled += pod.decrease(chunk.gfn(), chunk.order());
        }
        // PoD has turned the pages that it handled into holes; any other hole is an error.
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
            // Only a dying domain gets here: otherwise PoD would have taken the page.
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

    /** Records that the domain has device memory or I/O ports: Xen 4.17 then refuses new populate-on-demand entries. */
    public void devicesAssigned() {
        pod.forbid();
    }

    /** Records that the domain has no devices any more. */
    public void devicesWithdrawn() {
        pod.allow();
    }

    // ---- the map ------------------------------------------------------------------------------------------

    /**
     * Looks a frame up as an access does: a populate-on-demand frame gets its page, which may crash the guest.
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
     * Overwrites whole pages, and populates them on the way. Frames without a page are skipped: a write to them has
     * no effect.
     *
     * @return false if the guest has crashed
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
                dirtyLog.write(at, stop - at);
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

    /** Writes to the beginning of a page as the guest does; a write to a frame without a page has no effect. */
    public void write(long gfn, byte[] bytes, Actor guest) {
        touch(gfn, guest).ifPresent(mfn -> {
            dirtyLog.write(gfn, 1);
            content.write(mfn, 0, bytes);
        });
    }

    /** Writes to the beginning of a page through a mapping of its frame, which Xen does not log. */
    public void writeUnlogged(long gfn, byte[] bytes, Actor mapper) {
        touch(gfn, mapper).ifPresent(mfn -> content.write(mfn, 0, bytes));
    }

    /** Adds a frame to the log, as a device model that has written through a mapping does. */
    public void reportWrite(long gfn) {
        dirtyLog.write(gfn, 1);
    }

    /** Reads the beginning of a page; zeroes if the frame has none. */
    public byte[] read(long gfn, int length, Actor guest) {
        OptionalLong mfn = touch(gfn, guest);
        return mfn.isPresent() ? content.read(mfn.getAsLong(), 0, length) : new byte[length];
    }

    /** The frames that the guest writes, while Xen logs them. */
    public DirtyLog dirtyLog() {
        return dirtyLog;
    }

    /** The bytes that pages are overwritten with. */
    public enum Filling {
        ZEROES,
        SOMETHING
    }

    /** The type of a frame; the lookup does not populate it. */
    public GfnType type(long gfn) {
        return map.at(gfn).type();
    }

    /** {@code XENMEM_add_to_physmap} of a page of the domain: moves it from one gfn to another. */
    public void move(long from, long to, Actor actor) {
        requireAddressable(to);
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

    /** Maps a page of Xen's own in place of the present one; a page that was mapped before moves. */
    public void putSpecial(long gfn, long mfn, Actor actor) {
        requireAddressable(gfn);
        makeRoom(gfn, actor);
        for (GfnMap.Run run : map.runs().stream().toList()) {
            if (run.type() == GfnType.SPECIAL && mfn >= run.mfn() && mfn < run.mfn() + run.pages()) {
                map.clear(run.first() + (mfn - run.mfn()), 1);
            }
        }
        put(gfn, 0, GfnType.SPECIAL, mfn);
    }

    private static void requireAddressable(long gfn) {
        if (!GfnMap.covers(gfn, 0)) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }

    private void makeRoom(long gfn, Actor actor) {
        if (touch(gfn, actor).isPresent()) {
            removePage(gfn);
        }
    }

    /** {@code XENMEM_remove_from_physmap}: unmaps a page, which the domain still owns. */
    public void removeFromPhysmap(long gfn, Actor actor) {
        long mfn = touch(gfn, actor).orElseThrow(() -> new XenRefusal(Errno.ENOENT));
        if (map.at(gfn).type() == GfnType.RAM) {
            unreachable.add(Frames.range(mfn, 1));
        }
        map.clear(gfn, 1);
    }

    /** Makes way for another page: the domain still owns a page that is replaced, a PoD entry is gone. */
    private void put(long gfn, int order, GfnType type, long mfn) {
        long end = gfn + (1L << order);
        for (long at = gfn; at < end; ) {
            GfnMap.Run run = map.at(at);
            long stop = Math.min(run.end(), end);
            if (run.type() == GfnType.POPULATE_ON_DEMAND) {
                pod.entriesReplaced(stop - at);
            } else if (run.type() == GfnType.RAM) {
                unreachable.add(Frames.range(run.mfnOf(at), stop - at));
            }
            at = stop;
        }
        map.set(gfn, order, type, mfn);
    }

    // ---- mapping from outside, and the end ----------------------------------------------------------------

    /**
     * Maps frames into another domain, and populates those that are populate-on-demand.
     *
     * @throws XenRefusal EINVAL if one of them has no page; frames that were populated stay populated
     */
    public FrameMapping mapForeign(Actor actor, long... gfns) {
        try {
            long[] mfns = new long[gfns.length];
            boolean complete = true;
            for (int i = 0; i < gfns.length; i++) {
                OptionalLong mfn = touch(gfns[i], actor);
                // Take the reference at once: populating the next page must not reclaim this one.
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

    /** Ends a mapping. A dead domain is gone when its last mapping ends. */
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

    /** {@code XEN_DOMCTL_destroydomain}: frees all pages that nobody has mapped. Further calls have no effect. */
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
        unreachable
                .asRanges()
                .forEach(range -> pages.free(range.lowerEndpoint(), range.upperEndpoint() - range.lowerEndpoint()));
        if (pages.total() == 0) {
            events.emptied();
        }
    }
}
