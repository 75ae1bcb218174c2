// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.HvmSaveRecord;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Builds a guest with the calls that libxl 4.17 makes, in its order, with the sizes of the recorded runs: a kernel
 * of 14848 pages at gfn 0x1000 and a start info page at 0x4a00 for PVH, hvmloader and its firmware for HVM.
 */
final class LibxlStyleBuild {
    static final long STORE_GFN = 0xfeffc;
    static final long CONSOLE_GFN = 0xfefff;

    private static final long GIB_PAGES = 1L << 18;
    private static final long VGA_HOLE_PAGES = 0x20;
    private static final int HVM_EMULATION = 0x3ff;
    private static final int CHUNK_PAGES = 1024;

    final Xenctrl xen;
    final boolean hvm;
    final long memoryKib;
    final long maxMemoryKib;
    final long videoKib;
    final int domid;
    private final long lowEnd;
    private final long highEnd;

    private LibxlStyleBuild(Xenctrl xen, boolean hvm, long memoryKib, long maxMemoryKib, long videoKib) {
        this.xen = xen;
        this.hvm = hvm;
        this.memoryKib = memoryKib;
        this.maxMemoryKib = maxMemoryKib;
        this.videoKib = videoKib;
        long ram = (maxMemoryKib - videoKib) / 4;
        long hole = hvm ? 0xf0000 : 0xfc000;
        lowEnd = Math.min(ram, hole);
        highEnd = ram > hole ? 0x100000 + ram - hole : 0;
        domid = xen.domains()
                .create(new CreateDomain(
                        UUID.fromString("8fd64954-2cca-4029-97c3-dc72739e54b9"),
                        DomctlOp.CDF_HVM | DomctlOp.CDF_HAP,
                        hvm ? HVM_EMULATION : DomctlOp.EMU_LAPIC,
                        1,
                        2));
    }

    static LibxlStyleBuild pvh(Xenctrl xen, long memoryMib, long maxMemoryMib) {
        return new LibxlStyleBuild(xen, false, memoryMib * 1024, maxMemoryMib * 1024, 0).build();
    }

    static LibxlStyleBuild hvm(Xenctrl xen, long memoryMib, long maxMemoryMib, long videoMib) {
        return new LibxlStyleBuild(xen, true, memoryMib * 1024, maxMemoryMib * 1024, videoMib * 1024).build();
    }

    String home() {
        return "/local/domain/" + domid;
    }

    private LibxlStyleBuild build() {
        write("/name", "guest" + domid);
        xen.domains().setMaxVcpus(domid, 1);
        xen.memory().setMaxMem(domid, KiB.of(memoryKib + 1024));
        int storePort = xen.events().allocUnboundPort(domid, 0);
        int consolePort = xen.events().allocUnboundPort(domid, 0);
        xen.hvm().setParam(domid, HvmParam.TIMER_MODE, 1);
        xen.domains().setTscMode(domid, 0);
        xen.memory().setPagingPool(domid, Pages.holding(4096 * (256 + maxMemoryKib / 1024)));
        CpuPolicy policy = xen.host().defaultHvmCpuPolicy();
        xen.domains().setCpuPolicy(domid, new CpuPolicy(policy.leaves(), List.of()));
        populateRam();
        xen.memory().setMemoryMap(domid, memoryMap());
        load();
        specialPages();
        xen.hvm().setParam(domid, HvmParam.CONSOLE_EVTCHN, consolePort);
        xen.hvm().setParam(domid, HvmParam.STORE_EVTCHN, storePort);
        loadVcpuState();
        seedGrants();
        write("/memory/static-max", maxMemoryKib);
        write("/memory/target", memoryKib - videoKib - (hvm && maxMemoryKib > memoryKib ? 1024 : 0));
        write("/memory/videoram", videoKib);
        write("/store/port", storePort);
        write("/store/ring-ref", STORE_GFN);
        xen.libraries().store().introduceDomain(domid, STORE_GFN, storePort);
        write("/console/type", "xenconsoled");
        write("/console/port", consolePort);
        write("/console/ring-ref", CONSOLE_GFN);
        return this;
    }

    long podTarget() {
        return (memoryKib - videoKib) / 4 - (hvm ? VGA_HOLE_PAGES : 0);
    }

    private void populateRam() {
        boolean pod = maxMemoryKib > memoryKib;
        int flags = pod ? MemoryOp.XENMEMF_POPULATE_ON_DEMAND : 0;
        xen.memory().claimPages(domid, Pages.of(podTarget()));
        if (pod) {
            xen.memory().setPodTarget(domid, Pages.of(podTarget()));
        }
        if (hvm) {
            populate(0, 0xa0, 0, flags);
        }
        populateRange(hvm ? 0xc0 : 0, lowEnd, flags);
        populateRange(0x100000, highEnd, flags);
        xen.memory().claimPages(domid, Pages.ZERO);
    }

    private void populateRange(long from, long end, int flags) {
        long gfn = from;
        while (gfn < end) {
            long left = end - gfn;
            if (gfn % GIB_PAGES == 0
                    && left >= GIB_PAGES
                    && xen.memory().populatePhysmap(domid, new long[] {gfn}, 18, flags) == 1) {
                gfn += GIB_PAGES;
            } else if (gfn % 512 == 0 && left >= 512) {
                int count = (int) Math.min(4, left / 512);
                gfn += 512L * populate(gfn, count, 9, flags);
            } else {
                int count = (int) Math.min(left, gfn % 512 == 0 ? left : 512 - gfn % 512);
                gfn += populate(gfn, count, 0, flags);
            }
        }
    }

    private int populate(long gfn, int count, int order, int flags) {
        long[] gfns = LongStream.range(0, count).map(i -> gfn + (i << order)).toArray();
        int done = xen.memory().populatePhysmap(domid, gfns, order, flags);
        if (done == 0) {
            throw new IllegalStateException("no memory at gfn " + gfn);
        }
        return done;
    }

    private List<MemoryMapEntry> memoryMap() {
        long start = hvm ? 0x100 : 0;
        List<MemoryMapEntry> map = new ArrayList<>();
        map.add(new MemoryMapEntry(start << 12, (lowEnd - start) << 12, MemoryMapEntry.Type.RAM));
        if (highEnd > 0) {
            map.add(new MemoryMapEntry(1L << 32, (highEnd << 12) - (1L << 32), MemoryMapEntry.Type.RAM));
        }
        return map;
    }

    private void load() {
        if (hvm) {
            fill(0x100, 52);
            fill(0x134, 64);
            fill(0x174, 1);
            fill(0x9f, 1);
            return;
        }
        fill(0x1000, 14848);
        fill(0x4a00, 1);
        for (long gfn = 0xfc000; gfn <= 0xfc008; gfn++) {
            populate(gfn, 1, 0, 0);
        }
    }

    private void fill(long first, int pages) {
        for (long gfn = first; gfn < first + pages; gfn += CHUNK_PAGES) {
            int count = (int) Math.min(CHUNK_PAGES, first + pages - gfn);
            try (MappedPages mapped = map(gfn, count)) {
                for (int i = 0; i < count; i++) {
                    mapped.bytes().putLong(i * 4096, gfn + i + 1);
                }
            }
        }
    }

    MappedPages map(long gfn, int pages) {
        long[] gfns = LongStream.range(gfn, gfn + pages).toArray();
        return xen.libraries().foreignMemory().map(domid, Protection.READ_WRITE, gfns);
    }

    private void specialPages() {
        populate(0xfeff8, 8, 0, 0);
        if (hvm) {
            populate(0xfeff0, 8, 0, 0);
        }
        xen.hvm().setParam(domid, HvmParam.STORE_PFN, STORE_GFN);
        xen.hvm().setParam(domid, HvmParam.CONSOLE_PFN, CONSOLE_GFN);
        xen.hvm().setParam(domid, HvmParam.IDENT_PT, 0xfeffe000L);
    }

    private void loadVcpuState() {
        byte[] context = xen.hvm().context(domid);
        StructLayout descriptor = xen.abi().struct("hvm_save_descriptor");
        StructLayout cpu = xen.abi().struct("hvm_hw_cpu");
        int header = descriptor.size() + xen.abi().struct("hvm_save_header").size();
        ByteBuffer records = ByteBuffer.allocate(header + descriptor.size() + cpu.size() + descriptor.size());
        records.put(context, 0, header);
        descriptor
                .at(records, header)
                .set("typecode", HvmSaveRecord.CPU.typecode())
                .set("length", cpu.size());
        cpu.at(records, header + descriptor.size()).set("cr0", 0x11).set("rip", 0x1000);
        xen.hvm().setContext(domid, records.array());
    }

    private void seedGrants() {
        StructLayout entry = xen.abi().struct("grant_entry_v1");
        try (MappedPages table = xen.libraries()
                .foreignMemory()
                .mapResource(domid, MemoryOp.XENMEM_RESOURCE_GRANT_TABLE, 0, 0, 1, Protection.READ_WRITE)) {
            entry.at(table.bytes(), 0).set("flags", 1).set("domid", 0).set("frame", CONSOLE_GFN);
            entry.at(table.bytes(), entry.size())
                    .set("flags", 1)
                    .set("domid", 0)
                    .set("frame", STORE_GFN);
        }
    }

    void write(String path, Object value) {
        xen.libraries()
                .store()
                .write(XenStore.NO_TRANSACTION, home() + path, value.toString().getBytes(StandardCharsets.UTF_8));
    }

    String read(String path) {
        return new String(xen.libraries().store().read(XenStore.NO_TRANSACTION, home() + path), StandardCharsets.UTF_8);
    }
}
