// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.stream.StreamRecord.HvmParams.Param;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The frames, the parameters and the vCPUs of a PVH or HVM guest. */
record HvmSavedState(Xenctrl xenctrl, int domid) implements SavedState, FrameSource {
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

    @Override
    public DomainKind kind() {
        return DomainKind.HVM;
    }

    @Override
    public FrameSource frames() {
        return this;
    }

    @Override
    public void writeStart(RecordWriter writer) {
        // The stream says nothing about such a guest before its CPU policy.
    }

    @Override
    public void writeVcpus(RecordWriter writer) throws IOException {
        writer.write(new StreamRecord.HvmContext(Blob.of(xenctrl.hvm().context(domid))));
        writer.write(new StreamRecord.HvmParams(params()));
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

    @Override
    public void refresh(RecordWriter writer) {
        // Xen finds the page of each gfn.
    }

    @Override
    public List<long[]> likely(KiB size) {
        return SavedFrames.likely(size);
    }

    @Override
    public List<long[]> others(KiB size) {
        return SavedFrames.others(size, end() - 1);
    }

    @Override
    public long end() {
        return xenctrl.state().maximumGfn(domid) + 1;
    }

    @Override
    public int[] types(long[] frames) {
        return xenctrl.state().frameTypes(domid, frames);
    }

    @Override
    public MappedPages contents(long[] frames, PageType[] types) {
        return xenctrl.libraries().foreignMemory().map(domid, Protection.READ, frames);
    }
}
