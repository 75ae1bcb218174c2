// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** Hypercalls about the memory of a domain: its limit, its pages and its populate-on-demand entries. */
public final class MemoryCalls {
    /** Entries of a PC's memory map ({@code E820MAX}); firmware seldom has more than 30. */
    private static final int MAX_MACHINE_ENTRIES = 1024;

    private final HypercallFactory calls;

    MemoryCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /**
     * {@code XEN_DOMCTL_max_mem}: sets max_pages to a quarter of the number, even if the domain owns more. If only the
     * stable interfaces of the release are known, a limit that is high enough stays.
     */
    public void setMaxMem(int domid, KiB maxMem) {
        if (!calls.abi().isComplete() && !maxMem.toPages().isMoreThan(maximumReservation(domid))) {
            return;
        }
        try (PreparedCall call = calls.domctl(DomctlOp.MAX_MEM, domid)) {
            call.body().set("max_memkb", maxMem.value());
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_set_paging_mempool_size}: sets the memory for the domain's page tables. Releases before 4.17
     * use {@code XEN_DOMCTL_shadow_op}, which counts in MiB, so the size is rounded up.
     */
    public void setPagingPool(int domid, Pages size) {
        if (!calls.abi().has(DomctlOp.SET_PAGING_MEMPOOL_SIZE.struct())) {
            setShadowAllocation(domid, size);
            return;
        }
        try (PreparedCall call = calls.domctl(DomctlOp.SET_PAGING_MEMPOOL_SIZE, domid)) {
            call.body().set("size", size.count() * Pages.BYTES);
            call.issue();
        }
    }

    private void setShadowAllocation(int domid, Pages size) {
        try (PreparedCall call = calls.domctl(DomctlOp.SHADOW_OP, domid)) {
            call.body()
                    .set("op", DomctlOp.SHADOW_OP_SET_ALLOCATION)
                    .set("mb", size.toKiB().roundUpToMiB());
            call.issue();
        }
    }

    /**
     * {@code XENMEM_populate_physmap}: adds pages, or populate-on-demand entries, at gfns.
     *
     * @param gfns first gfn of each extent
     * @param order log2 of pages per extent: 0, 9 (2 MiB) or 18 (1 GiB)
     * @param memFlags 0 or {@link MemoryOp#XENMEMF_POPULATE_ON_DEMAND}
     * @return number of extents done. A smaller number than requested is the only sign of a failure
     */
    public int populatePhysmap(int domid, long[] gfns, int order, int memFlags) {
        return reserve(MemoryOp.POPULATE_PHYSMAP, domid, gfns, order, memFlags);
    }

    /**
     * {@code XENMEM_decrease_reservation}: removes pages and entries at gfns, as the domain's balloon driver does.
     *
     * @param gfns first gfn of each extent
     * @param order log2 of pages per extent, at most 18
     * @return number of extents done. A smaller number than requested is the only sign of a failure
     */
    public int decreaseReservation(int domid, long[] gfns, int order) {
        return reserve(MemoryOp.DECREASE_RESERVATION, domid, gfns, order, 0);
    }

    /**
     * {@code XENMEM_populate_physmap} of a PV domain: gives it pages, and records in Xen's table of machine frames at
     * which pfn each page is. Xen does not know populate-on-demand for PV domains: it would report success and do nothing.
     *
     * @param pfns first pfn of each extent
     * @param order log2 of pages per extent
     * @return the first machine frame of each extent, of the first extents only if the host or max_mem has no more
     */
    public long[] populateMachineFrames(int domid, long[] pfns, int order) {
        try (HypercallBuffer list = calls.buffer(pfns.length * Long.BYTES)) {
            list.bytes().asLongBuffer().put(pfns);
            long[] frames = new long[reserve(MemoryOp.POPULATE_PHYSMAP, domid, list, pfns.length, order, 0)];
            list.bytes().asLongBuffer().get(frames);
            return frames;
        }
    }

    /**
     * {@code MMUEXT_PIN_L4_TABLE}: makes a page of a PV domain the root of page tables, after a check of all tables below
     * it. EINVAL if a table is still mapped writable by dom0 or the page is not the domain's; EBUSY if a table maps a page
     * table writable, or a page of another domain.
     *
     * @param root machine frame of the table of level 4
     */
    public void pinPageTables(int domid, long root) {
        StructLayout layout = calls.abi().struct("mmuext_op");
        try (HypercallBuffer operation = calls.buffer(layout.size())) {
            layout.at(operation.bytes(), 0)
                    .set("cmd", calls.abi().constant("MMUEXT_PIN_L4_TABLE"))
                    .set("arg1.mfn", root);
            calls.issue(
                    "MMUEXT_PIN_L4_TABLE",
                    domid,
                    Hypercall.MMUEXT_OP,
                    operation.address(),
                    1,
                    0,
                    HypercallFactory.requireDomid(domid));
        }
    }

    private int reserve(MemoryOp op, int domid, long[] gfns, int order, int memFlags) {
        try (HypercallBuffer list = calls.buffer(gfns.length * Long.BYTES)) {
            list.bytes().asLongBuffer().put(gfns);
            return reserve(op, domid, list, gfns.length, order, memFlags);
        }
    }

    private int reserve(MemoryOp op, int domid, HypercallBuffer list, int extents, int order, int memFlags) {
        try (PreparedCall call = calls.memoryOp(op, domid)) {
            call.body()
                    .set("extent_start", list.address())
                    .set("nr_extents", extents)
                    .set("extent_order", order)
                    .set("mem_flags", memFlags)
                    .set("domid", domid);
            return call.issue();
        }
    }

    /**
     * {@code XENMEM_add_to_physmap} with {@code XENMAPSPACE_gmfn}: moves the page at one gfn of the domain to another;
     * a populate-on-demand entry is populated first.
     */
    public void movePage(int domid, long fromGfn, long toGfn) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.ADD_TO_PHYSMAP, domid)) {
            call.body()
                    .set("domid", domid)
                    .set("space", MemoryOp.XENMAPSPACE_GMFN)
                    .set("idx", fromGfn)
                    .set("gpfn", toGfn);
            call.issue();
        }
    }

    /**
     * {@code XENMEM_claim_pages}: reserves host memory for the domain, so that later allocations cannot fail. ENOMEM if
     * the host has too little; nothing is reserved then.
     *
     * @param pages number of pages that the domain will own: more than it owns now and at most max_pages (else EINVAL);
     *     0 releases the claim
     */
    public void claimPages(int domid, Pages pages) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.CLAIM_PAGES, domid)) {
            call.body().set("nr_extents", pages.count()).set("domid", domid);
            call.issue();
        }
    }

    /**
     * {@code XENMEM_set_pod_target}: grows the PoD cache until the domain owns the target. Xen also returns 0 for a
     * request that it ignores, so the caller compares the returned counters.
     *
     * @param target wanted tot_pages, at most max_pages (else EINVAL)
     */
    public PodCounters setPodTarget(int domid, Pages target) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.SET_POD_TARGET, domid)) {
            call.body().set("target_pages", target.count()).set("domid", domid);
            call.issue();
            return counters(call.body());
        }
    }

    /** {@code XENMEM_get_pod_target}; EINVAL for PV domains, including dom0. */
    public PodCounters podTarget(int domid) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.GET_POD_TARGET, domid)) {
            call.body().set("domid", domid);
            call.issue();
            return counters(call.body());
        }
    }

    /** {@code XENMEM_current_reservation}: pages that the domain owns. */
    public Pages currentReservation(int domid) {
        return calls.reservation("XENMEM_current_reservation", MemoryOp.CURRENT_RESERVATION, domid);
    }

    /** {@code XENMEM_maximum_reservation}: pages that the domain may own. */
    public Pages maximumReservation(int domid) {
        return calls.reservation("XENMEM_maximum_reservation", MemoryOp.MAXIMUM_RESERVATION, domid);
    }

    /** {@code XENMEM_set_memory_map}: sets the memory map that the guest can read from Xen. */
    public void setMemoryMap(int domid, List<MemoryMapEntry> map) {
        StructLayout entry = calls.abi().struct("e820entry");
        try (HypercallBuffer table = calls.array(entry.name(), map.size());
                PreparedCall call = calls.memoryOp(MemoryOp.SET_MEMORY_MAP, domid)) {
            for (int i = 0; i < map.size(); i++) {
                entry.at(table.bytes(), i * entry.size())
                        .set("addr", map.get(i).address())
                        .set("size", map.get(i).bytes())
                        .set("type", map.get(i).type().number());
            }
            call.body().set("domid", domid).set("map.nr_entries", map.size()).set("map.buffer", table.address());
            call.issue();
        }
    }

    /** {@code XENMEM_machine_memory_map}: the host's memory map, as its firmware gave it to Xen. */
    public List<MemoryMapEntry> machineMemoryMap() {
        StructLayout entry = calls.abi().struct("e820entry");
        try (HypercallBuffer table = calls.array(entry.name(), MAX_MACHINE_ENTRIES);
                PreparedCall call = calls.memoryOp(MemoryOp.MACHINE_MEMORY_MAP, 0)) {
            call.body().set("nr_entries", MAX_MACHINE_ENTRIES).set("buffer", table.address());
            call.issue();
            List<MemoryMapEntry> map = new ArrayList<>();
            for (int i = 0; i < Math.min(MAX_MACHINE_ENTRIES, call.body().getInt("nr_entries")); i++) {
                StructView range = entry.at(table.bytes(), i * entry.size());
                map.add(new MemoryMapEntry(
                        range.get("addr"), range.get("size"), MemoryMapEntry.Type.of(range.getInt("type"))));
            }
            return List.copyOf(map);
        }
    }

    private static PodCounters counters(StructView answer) {
        return new PodCounters(answer.get("tot_pages"), answer.get("pod_cache_pages"), answer.get("pod_entries"));
    }

    /** {@code XENMEM_get_sharing_freed_pages}: pages of the host that memory sharing has freed; 0 without sharing. */
    public Pages freedBySharing() {
        return sharing("XENMEM_get_sharing_freed_pages", MemoryOp.GET_SHARING_FREED_PAGES);
    }

    /** {@code XENMEM_get_sharing_shared_pages}: pages of the host that domains share; 0 without sharing. */
    public Pages shared() {
        return sharing("XENMEM_get_sharing_shared_pages", MemoryOp.GET_SHARING_SHARED_PAGES);
    }

    private Pages sharing(String name, int op) {
        try {
            return Pages.of(calls.issue(name, HypercallException.NO_DOMAIN, Hypercall.MEMORY_OP, op, 0));
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOSYS) || e.errno().equals(Errno.EOPNOTSUPP)) {
                return Pages.ZERO;
            }
            throw e;
        }
    }
}
