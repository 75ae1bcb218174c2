// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import java.util.stream.LongStream;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** One operation of a toolstack on a domain's memory. */
sealed interface Step {
    /** Does it; the result is the hypercall's, or 0. */
    long on(Xenctrl xenctrl, int domid);

    private static long[] extents(long gfn, int count, int order) {
        return LongStream.range(0, count).map(i -> gfn + (i << order)).toArray();
    }

    /**
     * {@code XENMEM_populate_physmap} with pages, which are then cleared: to a domain that never ran Xen gives pages
     * with what their last owner left in them, and whether a page can be reclaimed depends on its content.
     */
    record Populate(long gfn, int count, int order) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            int done = xenctrl.memory().populatePhysmap(domid, extents(gfn, count, order), order, 0);
            if (done > 0) {
                clear(xenctrl, domid, extents(gfn, done << order, 0));
            }
            return done;
        }

        private static void clear(Xenctrl xenctrl, int domid, long[] pages) {
            try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, pages)) {
                mapped.bytes().put(new byte[pages.length * Pages.BYTES]);
            }
        }
    }

    /** {@code XENMEM_populate_physmap} with populate-on-demand entries. */
    record PopulateOnDemand(long gfn, int count, int order) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            return xenctrl.memory()
                    .populatePhysmap(domid, extents(gfn, count, order), order, MemoryOp.XENMEMF_POPULATE_ON_DEMAND);
        }
    }

    /** {@code XENMEM_decrease_reservation}. */
    record Decrease(long gfn, int count, int order) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            return xenctrl.memory().decreaseReservation(domid, extents(gfn, count, order), order);
        }
    }

    /** {@code XENMEM_set_pod_target}. */
    record SetPodTarget(long pages) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            xenctrl.memory().setPodTarget(domid, Pages.of(pages));
            return 0;
        }
    }

    /** {@code XEN_DOMCTL_max_mem}. */
    record MaxMem(long kib) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            xenctrl.memory().setMaxMem(domid, KiB.of(kib));
            return 0;
        }
    }

    /** {@code XENMEM_claim_pages}. */
    record Claim(long pages) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            xenctrl.memory().claimPages(domid, Pages.of(pages));
            return 0;
        }
    }

    /** {@code XENMEM_add_to_physmap} of a page that the domain has. */
    record Move(long from, long to) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            xenctrl.memory().movePage(domid, from, to);
            return 0;
        }
    }

    /** Maps pages, one after the other, and writes one byte into each: 0 leaves a fresh page a page of zeroes. */
    record Touch(long gfn, int count, int value) implements Step {
        @Override
        public long on(Xenctrl xenctrl, int domid) {
            for (long page = gfn; page < gfn + count; page++) {
                try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, page)) {
                    mapped.bytes().put((int) (page % Pages.BYTES), (byte) value);
                }
            }
            return 0;
        }
    }
}
