// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.stream.PvRecord.Part;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Writes what a PV guest shares with Xen, and the vCPUs that are up, once the guest has suspended itself. */
public final class SavedVcpus {
    /** The bit of a vCPU's second root of page tables that says that there is one. */
    private static final long HAS_USER_TABLES = 1;

    private static final int KERNEL_TABLES = 3;
    private static final int USER_TABLES = 1;

    private final Xenctrl xenctrl;
    private final int domid;
    private final PvPages pages;

    /**
     * Names a guest.
     *
     * @param pages the pages of the guest, as they are now
     */
    public SavedVcpus(Xenctrl xenctrl, int domid, PvPages pages) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.pages = pages;
    }

    /** Writes the records. */
    public void write(RecordWriter writer) throws IOException {
        writer.write(new PvRecord.SharedInfo(Blob.of(sharedInfo())));
        int last = xenctrl.domains()
                .info(domid)
                .map(DomainInfo::maxVcpuId)
                .orElseThrow(() -> new DomainStateException("domain " + domid + " is gone"));
        for (int vcpu = 0; vcpu <= last; vcpu++) {
            if (xenctrl.cpus().vcpu(domid, vcpu).online()) {
                write(writer, vcpu);
            }
        }
    }

    private byte[] sharedInfo() {
        byte[] page = new byte[Pages.BYTES];
        try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ, pages.sharedInfo())) {
            mapped.bytes().get(page);
        }
        return page;
    }

    private void write(RecordWriter writer, int vcpu) throws IOException {
        byte[] context = xenctrl.domains()
                .vcpuContext(domid, vcpu)
                .orElseThrow(() -> new DomainStateException("domain " + domid + " has no vCPU " + vcpu));
        put(writer, Part.BASIC, vcpu, normalised(vcpu, context));
        byte[] extended = xenctrl.pv().extendedContext(domid, vcpu);
        if (extended.length > 0) {
            put(writer, Part.EXTENDED, vcpu, extended);
        }
        byte[] state = xenctrl.pv().extendedState(domid, vcpu).orElse(new byte[0]);
        if (state.length > 0) {
            put(writer, Part.XSAVE, vcpu, state);
        }
        byte[] msrs = xenctrl.pv().msrs(domid, vcpu).orElse(new byte[0]);
        if (msrs.length > 0) {
            put(writer, Part.MSRS, vcpu, msrs);
        }
    }

    private static void put(RecordWriter writer, Part part, int vcpu, byte[] state) throws IOException {
        writer.write(new PvRecord.Vcpu(part, vcpu, Blob.of(state)));
    }

    /** Registers with pfns in place of machine frames. */
    private byte[] normalised(int vcpu, byte[] bytes) {
        StructView context = xenctrl.abi().struct("vcpu_guest_context").at(ByteBuffer.wrap(bytes), 0);
        if (vcpu == 0) {
            StructView registers = VcpuContext.registers(xenctrl, context);
            registers.set(VcpuContext.START_INFO, pfn(registers.get(VcpuContext.START_INFO), "start info"));
            context.setBytes("user_regs", registers.toBytes());
        }
        int descriptors = VcpuContext.descriptorPages(context, complaint -> {
            throw wrong(complaint);
        });
        for (int i = 0; i < descriptors; i++) {
            context.set("gdt_frames", i, pfn(context.get("gdt_frames", i), "GDT of vCPU " + vcpu));
        }
        long root = context.get("ctrlreg", KERNEL_TABLES) >>> Pages.SHIFT;
        context.set("ctrlreg", KERNEL_TABLES, pfn(root, "page tables of vCPU " + vcpu) << Pages.SHIFT);
        long user = context.get("ctrlreg", USER_TABLES) >>> Pages.SHIFT;
        if (user != 0) {
            long pfn = pfn(user, "page tables of vCPU " + vcpu);
            context.set("ctrlreg", USER_TABLES, pfn << Pages.SHIFT | HAS_USER_TABLES);
        }
        return context.toBytes();
    }

    private long pfn(long frame, String what) {
        return pages.pfn(frame)
                .orElseThrow(() -> wrong(
                        "machine frame 0x" + Long.toHexString(frame) + " of its " + what + " is none of its pages"));
    }

    private DomainStateException wrong(String what) {
        return new DomainStateException("domain " + domid + " cannot be saved: " + what);
    }
}
