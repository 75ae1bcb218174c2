// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The program whose output on real Xen is recorded in {@code pod-edges.txt}, for the simulation. */
final class PodEdgesProgram {
    private static final int MAX_PAGES = 1280;
    private static final int ABOVE_MAX = 1_000_000;
    private static final int MEMORY_OP = 12;
    private static final int DOMCTL = 36;

    private final Xenctrl xen = Xenctrl.open(SimulatedXen.create().connect());
    private final List<String> printed = new ArrayList<>();
    private int domid;
    private long highestMarked;

    /** {@return the lines that the program prints} */
    List<String> run() {
        errnoByKindOfDomain();
        noMemoryAtAll();
        nothingPopulated();
        runningShape();
        balloonUp();
        maxBelowTotal();
        passthrough();
        crashAndZombie();
        refill();
        return printed;
    }

    private void errnoByKindOfDomain() {
        title("errno of get/set by domain kind");
        getAndSet("dom0 (PV control domain)", 0);
        getAndSet("DOMID_SELF", 0x7FF0);
        getAndSet("DOMID_IO", 0x7FF1);
        getAndSet("DOMID_XEN", 0x7FF2);
        getAndSet("nonexistent 9999", 9999);
        getAndSet("out of range 40000", 40000);
        getAndSet("0x10000 (truncated to 16 bit)", 0x10000);
        getAndSet("0xffffffff", 0xFFFF_FFFFL);
        getAndSet("PV domU (empty)", xen.domains().create(new CreateDomain(new UUID(0, 1), 0, 0, 1, 1)));
    }

    private void noMemoryAtAll() {
        newDomain();
        title("HVM domain, no memory at all");
        state("fresh, max_pages=0");
        set(0, "[max_pages=0]");
        set(1, "[max_pages=0]");
        set(-1, "[max_pages=0]");
        xen.memory().setMaxMem(domid, KiB.of(4 * MAX_PAGES));
        state("setmaxmem 1280 pages");
    }

    private void nothingPopulated() {
        title("set while nothing is populated, nothing marked");
        set(1024, "[first]");
        set(1024, "[again same]");
        set(512, "[lower]");
        set(1280, "[higher]");
        set(1281, "[above max_pages]");
        set(0, "[zero]");
        mark(512);
        state("marked 512 PoD (fewer than cache)");
        set(1280, "[P=0, T above entries]");
        touch(0, 1);
        state("touched 1");
        set(1280, "[P=1, same]");
        set(600, "[P=1, lower]");
        balloon(1, 1);
        state("balloon 1 PoD page");
        mark(1536);
        state("marked 1536 more");
        set(1280, "[P=1]");
    }

    private void runningShape() {
        title("running guest shape: M=2048 T=1024");
        build(1024);
        mark(2048);
        state("marked 2048");
        touch(0, 256);
        state("touched 256");
        set(100, "[below populated (100)]");
        set(1023, "[below tot (1023)]");
        set(1024, "[equal tot]");
        set(1025, "[tot+1]");
        balloon(1200, 848);
        state("balloon stops at B=1200");
        set(1035, "[tot+10]");
        set(1200, "[cure: tot+shortfall]");
        set(1280, "[more than B (1280)]");
        set(1024, "[lower back]");
        balloon(1000, 200);
        state("balloon on to B=1000 (below T)");
        set(1280, "[B<T' (1280)]");
        touch(512, 488);
        state("touched all");
        set(1280, "[no entries left, T=1280]");
        set(10, "[no entries left, T=10]");
        set(1281, "[no entries left, T above max]");
        long[] freed = LongStream.range(1000, 1100).toArray();
        int marked = xen.memory().populatePhysmap(domid, freed, 0, MemoryOp.XENMEMF_POPULATE_ON_DEMAND);
        print("mark 100 PoD on a fully populated guest rc=" + (marked == 100 ? 0 : -1) + " -");
        state("after mark");
        set(1280, "[P>0 entries=100]");
    }

    private void balloonUp() {
        title("balloon UP by real allocation after convergence (not PoD)");
        build(1024);
        markAndTouch();
        balloon(1024, 1024);
        state("converged B=T=1024");
        int done =
                xen.memory().populatePhysmap(domid, LongStream.range(1024, 1324).toArray(), 0, 0);
        print("populate 300 real pages -> " + done + " -");
        state("after balloon up");
        set(1280, "[T=1280]");
    }

    private void maxBelowTotal() {
        title("setmaxmem below tot, then set");
        build(1024);
        markAndTouch();
        xen.memory().setMaxMem(domid, KiB.of(4 * 512));
        print("setmaxmem 512 pages rc=0 -");
        set(1024, "[T=tot > max_pages]");
        set(512, "[T=512]");
        set(1100, "[T=1100]");
    }

    private void passthrough() {
        title("iomem/ioport rights (passthrough) and PoD");
        build(512);
        print("iomem_permission rc=" + allowIoMemory() + " -");
        set(1024, "[raise with iomem]");
        set(100, "[T<=tot with iomem]");
        int marked = xen.memory().populatePhysmap(domid, new long[] {0}, 0, MemoryOp.XENMEMF_POPULATE_ON_DEMAND);
        print("mark PoD with iomem rc=" + (marked == 1 ? 0 : -1) + " 0");
    }

    private void crashAndZombie() {
        title("crashed domain, then zombie");
        build(1024);
        mark(2048);
        long touched = 0;
        String failure = "-";
        while (failure.equals("-")) {
            failure = touchOne(touched);
            touched += failure.equals("-") ? 1 : 0;
        }
        print("touched " + touched + " then err -22(" + failure + ")");
        state("crashed by dom0's own touch");
        getRow("crashed dom", domid);
        setRow("crashed dom", domid);
        set(1280, "[crashed T=1280]");
        MappedPages kept = xen.libraries().foreignMemory().map(domid, Protection.READ_WRITE, 1024);
        print("next touch on the crashed domain err=0 (-)");
        xen.domains().destroy(domid);
        state("destroyed, one page still mapped by dom0");
        getRow("zombie", domid);
        setRow("zombie", domid);
        kept.close();
        getRow("after unmap", domid);
        setRow("after unmap", domid);
    }

    private void refill() {
        title("decrease_reservation refill: balloon gives RAM while entries > cache");
        build(1024);
        markAndTouch();
        balloon(1124, 924);
        state("B=1124, shortfall 100");
        balloon(0, 40);
        state("balloon gives 40 POPULATED pages");
        balloon(512, 40);
        state("balloon gives 40 PoD pages");
        balloon(40, 60);
        state("balloon gives 60 more populated pages");
    }

    // ---- its steps ----------------------------------------------------------------------------------------

    private void newDomain() {
        domid = xen.domains()
                .create(new CreateDomain(
                        new UUID(0, 2), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        xen.domains().setMaxVcpus(domid, 1);
        highestMarked = 0;
    }

    private void build(long target) {
        newDomain();
        xen.memory().setMaxMem(domid, KiB.of(4 * MAX_PAGES));
        set(target, "[build]");
    }

    private void markAndTouch() {
        mark(2048);
        touch(0, 256);
    }

    private void mark(long pages) {
        long[] blocks = LongStream.range(0, pages / 512)
                .map(i -> highestMarked + i * 512)
                .toArray();
        assertEquals(
                blocks.length, xen.memory().populatePhysmap(domid, blocks, 9, MemoryOp.XENMEMF_POPULATE_ON_DEMAND));
        highestMarked += pages;
    }

    private void touch(long first, long pages) {
        for (long gfn = first; gfn < first + pages; gfn++) {
            assertEquals("-", touchOne(gfn));
        }
    }

    private String touchOne(long gfn) {
        try (MappedPages page = xen.libraries().foreignMemory().map(domid, Protection.READ_WRITE, gfn)) {
            page.bytes().putLong(0, 1);
            return "-";
        } catch (XenLibException e) {
            return e.errno().symbol();
        }
    }

    /** Gives single pages back, as dom0 on the guest's behalf. */
    private void balloon(long first, long pages) {
        try (HypercallBuffer list = xen.libraries().call().allocBuffer((int) pages * 8)) {
            list.bytes()
                    .asLongBuffer()
                    .put(LongStream.range(first, first + pages).toArray());
            long done = memoryOp(MemoryOp.DECREASE_RESERVATION, arg -> {
                arg.set("extent_start", list.address()).set("nr_extents", pages).set("domid", domid);
            });
            assertEquals(pages, done);
        }
    }

    private long memoryOp(MemoryOp op, Consumer<StructView> fill) {
        try (HypercallBuffer buffer = xen.libraries().call().allocBuffer(64)) {
            fill.accept(xen.abi().struct(op.struct()).at(buffer.bytes(), 0));
            return xen.libraries().call().call(MEMORY_OP, op.number(), buffer.address());
        }
    }

    private int allowIoMemory() {
        try (HypercallBuffer buffer = xen.libraries().call().allocBuffer(144)) {
            xen.abi()
                    .struct("xen_domctl")
                    .at(buffer.bytes(), 0)
                    .set("cmd", DomctlOp.IOMEM_PERMISSION.number())
                    .set("interface_version", xen.abi().constant("XEN_DOMCTL_INTERFACE_VERSION"))
                    .set("domain", domid);
            xen.abi()
                    .struct(DomctlOp.IOMEM_PERMISSION.struct())
                    .at(buffer.bytes(), DomctlOp.UNION_OFFSET)
                    .set("first_mfn", 0xfe000)
                    .set("nr_mfns", 1)
                    .set("allow_access", 1);
            return xen.libraries().call().call(DOMCTL, buffer.address());
        }
    }

    // ---- its output ---------------------------------------------------------------------------------------

    private void title(String words) {
        printed.add("== " + words);
    }

    private void print(String row) {
        printed.add("  " + row);
    }

    private void set(long target, String why) {
        Errno errno = attempt(target, t -> podTarget(MemoryOp.SET_POD_TARGET, domid, t));
        String call = "set(" + Long.toUnsignedString(target) + ") " + why;
        state(call + " rc=" + (errno.value() == 0 ? "0 -" : "-1 " + errno));
    }

    private void state(String words) {
        DomainInfo info = xen.domains().info(domid).orElseThrow();
        PodCounters pod = xen.memory().podTarget(domid);
        List<String> flags = new ArrayList<>();
        if (info.dying()) {
            flags.add("dying");
        }
        if (info.shutdown() && info.shutdownReason() == 3) {
            flags.add("CRASHED");
        }
        print(words + " tot=" + pod.totPages() + " cache=" + pod.cachePages() + " entries=" + pod.entries() + " P="
                + (pod.totPages() - pod.cachePages()) + " shortfall=" + pod.debt() + " "
                + (flags.isEmpty() ? "live" : String.join(",", flags)));
    }

    private void getAndSet(String who, long wideDomid) {
        getRow(who, wideDomid);
        setRow(who, wideDomid);
    }

    private void getRow(String who, long wideDomid) {
        PodCounters[] counters = {new PodCounters(0, 0, 0)};
        Errno errno = attempt(0, t -> counters[0] = podTarget(MemoryOp.GET_POD_TARGET, wideDomid, t));
        PodCounters pod = counters[0];
        print("get " + who + rowEnd(wideDomid, errno) + " tot=" + pod.totPages() + " cache=" + pod.cachePages()
                + " ent=" + pod.entries());
    }

    private void setRow(String who, long wideDomid) {
        Errno errno = attempt(ABOVE_MAX, t -> podTarget(MemoryOp.SET_POD_TARGET, wideDomid, t));
        print("set " + who + rowEnd(wideDomid, errno));
    }

    private static String rowEnd(long wideDomid, Errno errno) {
        boolean ok = errno.value() == 0;
        return " dom=" + wideDomid + " rc=" + (ok ? "0" : "-1") + " errno=" + errno.value() + " " + (ok ? "-" : errno);
    }

    private static Errno attempt(long argument, LongConsumer call) {
        try {
            call.accept(argument);
            return new Errno(0);
        } catch (XenLibException e) {
            return e.errno();
        }
    }

    /** The domid in the 16 bits of the interface, as libxenctrl passes it. */
    private PodCounters podTarget(MemoryOp op, long wideDomid, long target) {
        try (HypercallBuffer buffer = xen.libraries().call().allocBuffer(64)) {
            StructView arg = xen.abi().struct(op.struct()).at(buffer.bytes(), 0);
            arg.set("domid", wideDomid & 0xffff).set("target_pages", target);
            xen.libraries().call().call(MEMORY_OP, op.number(), buffer.address());
            return new PodCounters(arg.get("tot_pages"), arg.get("pod_cache_pages"), arg.get("pod_entries"));
        }
    }
}
