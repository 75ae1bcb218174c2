// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * Turns pages of a guest that are all zero and not mapped into populate-on-demand entries again: eagerly among the
 * last populated pages (XSA-150), and in an emergency by a sweep downwards from the highest populated frame. Entries
 * and cache grow together, so that a debt does not change.
 */
final class ZeroPageReclaim {
    private static final long SWEEP_WINDOW = 1024;
    private static final int SWEEP_BATCH = 16;
    private static final long SUPERPAGE = PodCache.SUPERPAGE;

    private final PopulateOnDemand pod;
    private final GfnMap map;
    private final PhysicalMemory content;
    private final BooleanSupplier preemptionPending;
    private final RecentPopulates recent = new RecentPopulates();
    private long highestPopulated;
    private long resumeSweepAt;

    ZeroPageReclaim(PopulateOnDemand pod, GfnMap map, PhysicalMemory content, BooleanSupplier preemptionPending) {
        this.pod = pod;
        this.map = map;
        this.content = content;
        this.preemptionPending = preemptionPending;
    }

    /** Prepares for a gfn that is about to be populated or whose entry is about to be split. */
    void populating(long gfn) {
        highestPopulated = Math.max(highestPopulated, gfn);
    }

    /** Records a populated entry. */
    void populated(long gfn, int order) {
        recent.record(gfn, order);
    }

    /** Tests the entry populated 32 populates ago, and the following ones until the cache has a page. */
    void eagerly() {
        int age = 0;
        do {
            RecentPopulates.Entry entry = recent.take(age++);
            if (entry.isEmpty()) {
                continue;
            }
            if (entry.order() == 0) {
                page(entry.gfn());
            } else if (!superpage(entry.gfn())) {
                pages(entry.gfn(), entry.gfn() + SUPERPAGE);
            }
        } while (pod.cachePages() == 0 && age < RecentPopulates.SLOTS);
    }

    /** Tests each page of a range, and skips parts that cannot contain a zero page. */
    private void pages(long first, long end) {
        for (long gfn = first; gfn < end; ) {
            GfnMap.Run run = map.at(gfn);
            long stop = Math.min(run.end(), end);
            boolean mayHaveZeroes = run.type() == GfnType.RAM
                    && content.highestZero(run.mfnOf(gfn), stop - gfn).isPresent();
            if (mayHaveZeroes) {
                page(gfn);
                gfn++;
            } else {
                gfn = stop;
            }
        }
    }

    private void page(long gfn) {
        GfnMap.Run run = map.at(gfn);
        if (run.type() == GfnType.RAM && isReclaimable(run.mfnOf(gfn), 1)) {
            pod.reclaimed(gfn, 0, run.mfnOf(gfn));
        }
    }

    private boolean isReclaimable(long mfn, long count) {
        return content.isZero(mfn, count) && !content.isMapped(mfn, count);
    }

    /**
     * Reclaims a whole aligned block of 2 MiB if it is RAM on one aligned block of the host's memory, zero and not
     * mapped.
     */
    boolean superpage(long gfn) {
        long mfn = map.at(gfn).mfnOf(gfn);
        if (mfn == GfnMap.NO_MFN || mfn % SUPERPAGE != 0) {
            return false;
        }
        for (long at = gfn; at < gfn + SUPERPAGE; ) {
            GfnMap.Run run = map.at(at);
            if (run.type() != GfnType.RAM || run.mfnOf(at) != mfn + (at - gfn)) {
                return false;
            }
            at = run.end();
        }
        if (!isReclaimable(mfn, SUPERPAGE)) {
            return false;
        }
        pod.reclaimed(gfn, GfnMap.ORDER_2M, mfn);
        return true;
    }

    /**
     * Tests RAM in batches of 16 downwards, from the end of the last sweep or from the highest populated gfn; gfn 0 is
     * never tested. After a window of 1024 gfns the sweep ends as soon as the cache has a page or other work waits for
     * the CPU.
     */
    void sweep() {
        long start = resumeSweepAt == 0 ? highestPopulated : resumeSweepAt;
        long limit = start > SWEEP_WINDOW ? start - SWEEP_WINDOW : 0;
        List<Long> zeroes = new ArrayList<>();
        int batch = 0;
        long gfn = start;
        while (gfn > 0) {
            GfnMap.Run run = map.at(gfn);
            if (run.type() == GfnType.RAM) {
                long skip = zeroes.isEmpty() && !mayStop() ? nonZeroAtTop(run, gfn) : 0;
                if (skip > 0) {
                    // Nothing here can be reclaimed or end the sweep: count the pages and do not visit them.
                    batch = (int) ((batch + skip) % SWEEP_BATCH);
                    gfn -= skip;
                    continue;
                }
                if (content.isZero(run.mfnOf(gfn), 1)) {
                    zeroes.add(gfn);
                }
                if (++batch == SWEEP_BATCH) {
                    batch = 0;
                    zeroes.forEach(this::page);
                    zeroes.clear();
                }
            } else if (!mayStop()) {
                gfn = Math.max(run.first(), 1);
            }
            if (gfn < limit && mayStop()) {
                break;
            }
            gfn--;
        }
        zeroes.forEach(this::page);
        resumeSweepAt = gfn > 0 ? gfn - 1 : 0;
    }

    private boolean mayStop() {
        return pod.cachePages() > 0 || preemptionPending.getAsBoolean();
    }

    /** The number of pages from this gfn downwards in the run that are certainly not zero; gfn 0 does not count. */
    private long nonZeroAtTop(GfnMap.Run run, long gfn) {
        long lowest = Math.max(run.first(), 1);
        OptionalLong zero = content.highestZero(run.mfnOf(lowest), gfn - lowest + 1);
        return zero.isPresent() ? gfn - (lowest + zero.getAsLong() - run.mfnOf(lowest)) : gfn - lowest + 1;
    }
}
