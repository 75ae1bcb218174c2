// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.util.UUID;
import java.util.stream.LongStream;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.image.CpuPolicyEdits;
import org.xenjava.toolstack.image.PageRange;
import org.xenjava.toolstack.image.VcpuState;
import org.xenjava.toolstack.memory.Pages;
import org.xenjava.toolstack.memory.PopulateCall;
import org.xenjava.toolstack.memory.PvhLayout;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.PodTarget;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;

/** One PVH build: what each step does, and what it leaves for the next. Used by one thread. */
final class PvhBuild {
    /** {@code HVM_PARAM_TIMER_MODE}: missed ticks are delivered as they are, libxl's default. */
    private static final long TIMER_NO_DELAY_FOR_MISSED_TICKS = 1;

    /** Page-table entry of the identity map: 4 MiB, present, writable, user, accessed, dirty. */
    private static final int IDENTITY_ENTRY = 0xE7;

    private static final int GRANT_PERMIT_ACCESS = 1;
    private static final int GRANT_CONSOLE = 0;
    private static final int GRANT_STORE = 1;
    private static final int NOT_CREATED = -1;

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final Clock clock;
    private final BuildPlan plan;
    private final UUID uuid;
    private final Cancellation cancellation;
    private int domid = NOT_CREATED;
    private GuestPorts ports = new GuestPorts(0, 0, 0, 0);
    private HostClaim claim;

    PvhBuild(Xenctrl xenctrl, StoreClient store, Clock clock, BuildPlan plan, UUID uuid, Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.clock = clock;
        this.plan = plan;
        this.uuid = uuid;
        this.cancellation = cancellation;
        this.claim = new HostClaim(xenctrl, NOT_CREATED, attempt());
    }

    int domid() {
        return domid;
    }

    private String attempt() {
        return "building domain " + plan.config().name();
    }

    void createDomain() {
        PhysInfo host = xenctrl.physInfo();
        if (!host.hvm() || !host.hap()) {
            throw new DomainStateException("this host cannot run PVH guests: Xen reports no "
                    + (host.hvm() ? "hardware-assisted paging" : "hardware virtualisation"));
        }
        int grantVersion = host.grantTablesV2() ? 2 : 1;
        domid = xenctrl.createDomain(new CreateDomain(
                uuid,
                DomctlOp.CDF_HVM | DomctlOp.CDF_HAP,
                DomctlOp.EMU_LAPIC,
                plan.config().maxVcpus(),
                grantVersion));
        claim = new HostClaim(xenctrl, domid, attempt());
    }

    void destroyDomain() {
        DomainRemoval removal = new DomainRemoval(xenctrl, store);
        if (domid == NOT_CREATED) {
            removal.destroyNewborn(uuid);
        } else {
            removal.destroy(domid);
        }
    }

    void allocateVcpus() {
        xenctrl.setMaxVcpus(domid, plan.config().maxVcpus());
    }

    void limitMemory() {
        xenctrl.setMaxMemKib(domid, plan.memory().maxMem().value());
    }

    void sizePagingPool() {
        xenctrl.setPagingMempoolBytes(domid, plan.memory().pagingPoolBytes());
        xenctrl.setDefaultTscMode(domid);
    }

    void setCpuPolicy() {
        xenctrl.setCpuPolicy(domid, CpuPolicyEdits.forGuest(xenctrl.defaultHvmCpuPolicy()));
    }

    void claimMemory() {
        claim.take(plan.memory().claim(), 0);
    }

    void releaseClaim() {
        claim.release();
    }

    /** Before the first populate: afterwards Xen would ignore it and still answer 0. */
    void setPodTarget() {
        plan.memory().podTarget().ifPresent(target -> {
            PodTarget answer = xenctrl.setPodTarget(domid, target.count());
            if (answer.cachePages() != target.count() || answer.totPages() != target.count()) {
                throw new XenCallException("Xen took a PoD target of " + target + " and answered " + answer
                        + ": the cache is not what was asked for");
            }
        });
    }

    void populateRam() {
        int flags = plan.memory().podTarget().isPresent() ? MemoryOp.XENMEMF_POPULATE_ON_DEMAND : 0;
        for (PopulateCall call : plan.memory().populateCalls()) {
            cancellation.check(attempt());
            populate(call, flags);
        }
    }

    /** Xen says nothing but how many extents it did; smaller ones may still fit where larger ones do not. */
    private void populate(PopulateCall call, int flags) {
        int done = xenctrl.populatePhysmap(domid, call.gfns(), call.order(), flags);
        if (done == call.extents()) {
            return;
        }
        if (call.order() == PopulateCall.ORDER_4K) {
            throw new HostMemoryException("Xen populated " + done + " of " + call.extents() + " pages from gfn "
                    + Long.toHexString(call.firstGfn())
                    + " on: the host is out of memory, or the paging pool is used up");
        }
        call.remainder(done).forEach(smaller -> populate(smaller, flags));
    }

    void populateSpecialPages() {
        long[] gfns = LongStream.range(0, PvhLayout.SPECIAL_PAGES)
                .map(i -> PvhLayout.FIRST_SPECIAL_GFN + i)
                .toArray();
        populateExactly(gfns, "special pages");
        // A page may come with what its last owner left in it.
        memory().write(gfns[0] << Pages.SHIFT, new byte[gfns.length * Pages.BYTES]);
        memory().write(PvhLayout.IDENTITY_PT_GFN << Pages.SHIFT, identityPageTable());
    }

    private void populateExactly(long[] gfns, String what) {
        int done = xenctrl.populatePhysmap(domid, gfns, PopulateCall.ORDER_4K, 0);
        if (done != gfns.length) {
            throw new HostMemoryException("Xen populated " + done + " of " + gfns.length + " " + what);
        }
    }

    private static byte[] identityPageTable() {
        ByteBuffer table = ByteBuffer.allocate(Pages.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < Pages.BYTES / Integer.BYTES; i++) {
            table.putInt((i << 22) | IDENTITY_ENTRY);
        }
        return table.array();
    }

    void loadImage() {
        plan.image().loadInto(memory());
    }

    void loadAcpi() {
        PageRange frames = plan.image().acpiFrames();
        long first = frames.firstGfn();
        populateExactly(LongStream.range(first, first + frames.pages().count()).toArray(), "pages for ACPI tables");
        plan.image().loadAcpiInto(memory());
    }

    void setMemoryMap() {
        xenctrl.setMemoryMap(domid, plan.image().memoryMap());
    }

    void openEventChannels() {
        int storeDomid = daemonDomid("xenstored");
        int consoleDomid = daemonDomid("xenconsoled");
        ports = new GuestPorts(
                xenctrl.allocUnboundPort(domid, storeDomid),
                storeDomid,
                xenctrl.allocUnboundPort(domid, consoleDomid),
                consoleDomid);
    }

    /** A daemon that runs in a stub domain says so in xenstore. */
    private int daemonDomid(String daemon) {
        return store.readLong("/tool/" + daemon + "/domid").orElse(0L).intValue();
    }

    void setHvmParams() {
        set(HvmParam.TIMER_MODE, TIMER_NO_DELAY_FOR_MISSED_TICKS);
        set(HvmParam.STORE_PFN, PvhLayout.STORE_GFN);
        set(HvmParam.BUFIOREQ_PFN, PvhLayout.BUFIOREQ_GFN);
        set(HvmParam.IOREQ_PFN, PvhLayout.IOREQ_GFN);
        set(HvmParam.CONSOLE_PFN, PvhLayout.CONSOLE_GFN);
        set(HvmParam.PAGING_RING_PFN, PvhLayout.PAGING_RING_GFN);
        set(HvmParam.MONITOR_RING_PFN, PvhLayout.MONITOR_RING_GFN);
        set(HvmParam.SHARING_RING_PFN, PvhLayout.SHARING_RING_GFN);
        set(HvmParam.IDENT_PT, PvhLayout.IDENTITY_PT_GFN << Pages.SHIFT);
        set(HvmParam.CONSOLE_EVTCHN, ports.console());
        set(HvmParam.STORE_EVTCHN, ports.store());
    }

    private void set(HvmParam param, long value) {
        xenctrl.setHvmParam(domid, param, value);
    }

    void setVcpuState() {
        VcpuState state = VcpuState.of(xenctrl.hvmContext(domid));
        for (int cpu = 0; cpu < plan.config().maxVcpus(); cpu++) {
            xenctrl.setHvmContext(domid, state.mtrr(cpu));
        }
        // Last, since Xen takes every vCPU down before it reads records, and starts those that have one.
        xenctrl.setHvmContext(
                domid, state.boot(plan.image().entry(), plan.image().startInfoAddress()));
    }

    void seedGrantTable() {
        StructLayout entry = xenctrl.abi().struct("grant_entry_v1");
        try (MappedPages table = xenctrl.libraries()
                .foreignMemory()
                .mapResource(domid, MemoryOp.XENMEM_RESOURCE_GRANT_TABLE, 0, 0, 1, Protection.READ_WRITE)) {
            seed(entry, table, GRANT_CONSOLE, ports.consoleDomid(), PvhLayout.CONSOLE_GFN);
            seed(entry, table, GRANT_STORE, ports.storeDomid(), PvhLayout.STORE_GFN);
        }
    }

    private static void seed(StructLayout entry, MappedPages table, int reference, int domid, long gfn) {
        entry.at(table.bytes(), reference * entry.size())
                .set("domid", domid)
                .set("frame", gfn)
                .set("flags", GRANT_PERMIT_ACCESS);
    }

    /** Success of the single calls says little; the counters after all of them do. */
    void verifyMemory() {
        DomainInfo info = xenctrl.domainInfo(domid)
                .orElseThrow(() -> new DomainGoneException(
                        "building domain " + plan.config().name() + ": domain " + domid
                                + " is gone; somebody has destroyed it meanwhile"));
        if (info.shutdown()) {
            throw new DomainStateException("domain " + domid + " was crashed while it was built: PoD memory ran out");
        }
        long debt = xenctrl.podTarget(domid).debt();
        long planned = plan.memory().initialDebt().count();
        if (debt != planned) {
            throw new XenCallException("domain " + domid + " has " + debt
                    + " PoD entries without a page after its build, not " + planned + " as planned");
        }
    }

    void writeStore() {
        XenstoreTree tree = new XenstoreTree(domid, uuid, plan.config(), plan.memory(), ports, clock.instant());
        store.inTransaction(transaction -> {
            tree.write(transaction);
            return domid;
        });
    }

    void removeStore() {
        if (domid != NOT_CREATED) {
            new DomainRemoval(xenctrl, store).removeTrees(domid, uuid);
        }
    }

    void introduce() {
        store.introduce(domid, PvhLayout.STORE_GFN, ports.store());
    }

    private ForeignGuestMemory memory() {
        return new ForeignGuestMemory(xenctrl.libraries().foreignMemory(), domid);
    }
}
