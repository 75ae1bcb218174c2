// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.StreamRecord.HvmParams.Param;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.StateCalls;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Writes a PVH domain to a stream that {@code xl restore} reads too. Frames without a page are left out. The caller makes
 * sure first that every populate-on-demand entry has a page, because the save populates all of them.
 */
public final class DomainSaver {
    private static final int VERSION = 3;
    private static final int NORMAL = 0;
    private static final int BROKEN = 0xd;

    /** The parameters that libxc saves, in its order. */
    private static final List<HvmParam> PARAMS = List.of(
            HvmParam.STORE_PFN,
            HvmParam.IOREQ_PFN,
            HvmParam.BUFIOREQ_PFN,
            HvmParam.PAGING_RING_PFN,
            HvmParam.MONITOR_RING_PFN,
            HvmParam.SHARING_RING_PFN,
            HvmParam.VM86_TSS_SIZED,
            HvmParam.CONSOLE_PFN,
            HvmParam.ACPI_IOPORTS_LOCATION,
            HvmParam.VIRIDIAN,
            HvmParam.IDENT_PT,
            HvmParam.VM_GENERATION_ID_ADDR,
            HvmParam.IOREQ_SERVER_PFN,
            HvmParam.NR_IOREQ_SERVER_PAGES,
            HvmParam.X87_FIP_WIDTH,
            HvmParam.MCA_CAP);

    private final Xenctrl xenctrl;
    private final int domid;
    private final DumpListener listener;
    private final Cancellation cancellation;
    private long pages;

    /**
     * Prepares a save.
     *
     * @param xenctrl the hypercalls
     * @param domid number of the domain
     * @param listener receives the progress
     * @param cancellation checked after each part of the memory
     */
    public DomainSaver(Xenctrl xenctrl, int domid, DumpListener listener, Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.listener = listener;
        this.cancellation = cancellation;
    }

    /**
     * Writes the whole stream.
     *
     * @param file an empty file
     * @param config libxl's JSON of the domain
     * @param size the largest size of the domain: {@code memory/static-max}
     * @param suspension suspends the guest as late as possible
     * @throws IOException if the file cannot be written
     * @throws org.xenjava.toolstack.error.OperationCancelledException if the save is cancelled
     */
    public void write(FileChannel file, String config, KiB size, Runnable suspension) throws IOException {
        SaveStreamWriter writer = new SaveStreamWriter(new SparseChannel(file));
        writer.header(new XlHeader(XlHeader.ConfigFormat.LIBXL_JSON, config));
        XenRelease release = xenctrl.abi().release();
        writer.write(
                new StreamRecord.ImageStart(VERSION, StreamRecord.DomainKind.HVM, release.major(), release.minor()));
        CpuPolicy policy = xenctrl.state().cpuPolicy(domid, xenctrl.host().largestCpuPolicy());
        writer.write(new StreamRecord.CpuidPolicy(policy.leaves()));
        writer.write(new StreamRecord.MsrPolicy(policy.msrs()));
        writer.write(new StreamRecord.StaticDataEnd());
        suspension.run();
        writeMemory(writer, size);
        StateCalls.TscState tsc = xenctrl.state().tsc(domid);
        writer.write(new StreamRecord.TscInfo(tsc.mode(), tsc.khz(), tsc.nanoseconds(), tsc.incarnation()));
        writer.write(new StreamRecord.HvmContext(Blob.of(xenctrl.hvm().context(domid))));
        writer.write(new StreamRecord.HvmParams(params()));
        writer.write(new StreamRecord.ImageEnd());
        writer.write(new StreamRecord.StreamEnd());
    }

    private List<Param> params() {
        List<Param> params = new ArrayList<>();
        for (HvmParam param : PARAMS) {
            long value = xenctrl.hvm().param(domid, param);
            if (value != 0) {
                params.add(new Param(param.index(), value));
            }
        }
        return params;
    }

    /** Writes the pages where guests have them, and looks elsewhere if the domain owns more. */
    private void writeMemory(SaveStreamWriter writer, KiB size) throws IOException {
        write(writer, SavedFrames.likely(size));
        long owned = owned();
        if (pages < owned) {
            write(writer, SavedFrames.others(size, xenctrl.state().maximumGfn(domid)));
        }
        if (pages < owned) {
            throw new DomainStateException("domain " + domid + " owns " + owned + " pages, of which only " + pages
                    + " are at a frame; the rest cannot be saved");
        }
    }

    private long owned() {
        return xenctrl.domains()
                .info(domid)
                .map(DomainInfo::totPages)
                .orElseThrow(() -> new DomainStateException("domain " + domid + " is gone"));
    }

    private void write(SaveStreamWriter writer, List<long[]> windows) throws IOException {
        long all = windows.stream().mapToLong(window -> window.length).sum();
        long looked = 0;
        for (long[] window : windows) {
            cancellation.check("saving domain " + domid);
            write(writer, window);
            looked += window.length;
            listener.onProgress(Pages.of(looked), Pages.of(all));
        }
    }

    private void write(SaveStreamWriter writer, long[] window) throws IOException {
        int[] types = xenctrl.state().frameTypes(domid, window);
        List<PageType> kept = new ArrayList<>();
        long[] frames = new long[window.length];
        long[] stored = new long[window.length];
        int storedPages = 0;
        for (int i = 0; i < window.length; i++) {
            if (types[i] == NORMAL || types[i] == BROKEN) {
                frames[kept.size()] = window[i];
                kept.add(types[i] == NORMAL ? PageType.NORMAL : PageType.BROKEN);
            }
            if (types[i] == NORMAL) {
                stored[storedPages++] = window[i];
            }
        }
        if (kept.isEmpty()) {
            return;
        }
        pages += kept.size();
        long[] pfns = Arrays.copyOf(frames, kept.size());
        PageType[] pageTypes = kept.toArray(PageType[]::new);
        if (storedPages == 0) {
            writer.write(PageBatch.of(pfns, pageTypes, ByteBuffer.allocate(0)));
            return;
        }
        try (MappedPages mapped =
                xenctrl.libraries().foreignMemory().map(domid, Protection.READ, Arrays.copyOf(stored, storedPages))) {
            ByteBuffer contents = mapped.bytes().slice(0, storedPages * Pages.BYTES);
            writer.write(PageBatch.of(pfns, pageTypes, contents));
        }
    }
}
