// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.stream.PvRecord.Part;
import org.xenjava.toolstack.xenctrl.DomainCalls;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A PV guest that is made of the records of a stream. The caller reads all records first, and then calls the other methods. */
public final class RestoredPvGuest {
    private static final int WIDTH_64 = 8;
    private static final int KERNEL_TABLES = 3;
    private static final int USER_TABLES = 1;
    private static final long HAS_USER_TABLES = 1;
    private static final byte MASKED = (byte) 0xff;

    private final Xenctrl xenctrl;
    private final int domid;
    private final int vcpus;
    private final RestoredPages pages;
    private final Map<Integer, Map<Part, Blob>> states = new TreeMap<>();
    private Optional<Blob> sharedInfo = Optional.empty();
    private boolean described;

    /**
     * Names a domain that has no memory yet.
     *
     * @param domid number of the domain
     * @param maxMem the present limit of the domain
     * @param maxMemory what the guest may have as RAM
     * @param vcpus the number of its vCPUs
     */
    public RestoredPvGuest(Xenctrl xenctrl, int domid, KiB maxMem, KiB maxMemory, int vcpus) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.vcpus = vcpus;
        this.pages = new RestoredPages(xenctrl, domid, maxMem, maxMemory);
    }

    /** Takes a record. */
    public void take(PvRecord record) {
        if (record instanceof PvRecord.Info info) {
            if (info.width() != WIDTH_64) {
                throw new DomainStateException(
                        "the guest cannot be restored: it is a 32-bit PV guest, which this library does not run");
            }
            described = true;
        } else if (record instanceof PvRecord.P2mFrames list) {
            pages.expect(list);
        } else if (record instanceof PvRecord.SharedInfo info) {
            sharedInfo = Optional.of(info.page());
        } else if (record instanceof PvRecord.Vcpu vcpu && vcpu.state().size() > 0) {
            if (vcpu.vcpu() < 0 || vcpu.vcpu() >= vcpus) {
                throw new SaveStreamException("the stream has a vCPU " + Integer.toUnsignedString(vcpu.vcpu())
                        + ", and its configuration allows " + vcpus);
            }
            states.computeIfAbsent(vcpu.vcpu(), number -> new EnumMap<>(Part.class))
                    .put(vcpu.part(), vcpu.state());
        }
    }

    /** Populates the pages of a record and writes their contents. */
    public void put(PageBatch batch) {
        if (!described) {
            throw new SaveStreamException("the stream has pages before the record X86_PV_INFO");
        }
        pages.put(batch);
    }

    /** {@return the number of pages that the guest has} */
    public long count() {
        return pages.count();
    }

    /** Lets Xen check and take the page tables that the guest had pinned. No table of the guest may be mapped. */
    public void pinTables() {
        pages.complete();
        refusable("page tables of the stream", () -> pages.pinned()
                .forEach(some -> xenctrl.pv().pin(domid, some)));
    }

    /** Gives the vCPUs their state. */
    public void setVcpus() {
        firstRegisters();
        states.forEach((vcpu, parts) -> refusable("state of vCPU " + vcpu + " in the stream", () -> set(vcpu, parts)));
    }

    private byte[] firstRegisters() {
        return Optional.ofNullable(states.get(0))
                .flatMap(parts -> bytes(parts, Part.BASIC))
                .orElseThrow(() -> new SaveStreamException("the stream has no registers of vCPU 0"));
    }

    private void set(int vcpu, Map<Part, Blob> parts) {
        Optional<byte[]> registers = bytes(parts, Part.BASIC);
        if (registers.isEmpty()) {
            throw new SaveStreamException("the stream has no registers of vCPU " + vcpu + ", but other state of it");
        }
        xenctrl.domains().setVcpuContext(domid, vcpu, localised(vcpu, registers.get()));
        bytes(parts, Part.EXTENDED).ifPresent(some -> xenctrl.pv().setExtendedContext(domid, vcpu, some));
        bytes(parts, Part.XSAVE).ifPresent(some -> xenctrl.pv().setExtendedState(domid, vcpu, some));
        bytes(parts, Part.MSRS).ifPresent(some -> xenctrl.pv().setMsrs(domid, vcpu, some));
    }

    private static Optional<byte[]> bytes(Map<Part, Blob> parts, Part part) {
        return Optional.ofNullable(parts.get(part)).map(Blob::bytes);
    }

    /** Registers with machine frames in place of pfns. */
    private byte[] localised(int vcpu, byte[] bytes) {
        StructView context = context(bytes);
        if (vcpu == 0) {
            StructView registers = VcpuContext.registers(xenctrl, context);
            registers.set(
                    VcpuContext.START_INFO, pages.ordinary(registers.get(VcpuContext.START_INFO), "the start info"));
            context.setBytes("user_regs", registers.toBytes());
        }
        context.set("flags", context.get("flags") | xenctrl.abi().constant("VGCF_online"));
        int descriptors = VcpuContext.descriptorPages(context, complaint -> {
            throw new SaveStreamException("vCPU " + vcpu + " of the stream: " + complaint);
        });
        for (int i = 0; i < descriptors; i++) {
            context.set(
                    "gdt_frames",
                    i,
                    pages.ordinary(context.get("gdt_frames", i), "a descriptor table of vCPU " + vcpu));
        }
        String tables = "the page tables of vCPU " + vcpu;
        context.set(
                "ctrlreg",
                KERNEL_TABLES,
                pages.root(context.get("ctrlreg", KERNEL_TABLES) >>> Pages.SHIFT, tables) << Pages.SHIFT);
        long user = context.get("ctrlreg", USER_TABLES);
        if ((user & HAS_USER_TABLES) != 0) {
            context.set("ctrlreg", USER_TABLES, pages.root(user >>> Pages.SHIFT, tables) << Pages.SHIFT);
        }
        return context.toBytes();
    }

    private StructView context(byte[] bytes) {
        if (bytes.length != DomainCalls.VCPU_CONTEXT_BYTES) {
            throw new SaveStreamException("the stream has registers of " + bytes.length
                    + " bytes, which are not those of" + " a 64-bit PV guest");
        }
        return xenctrl.abi().struct("vcpu_guest_context").at(ByteBuffer.wrap(bytes), 0);
    }

    /**
     * The pages that the guest shares with daemons.
     *
     * @param store machine frame of the ring to xenstored
     * @param console machine frame of the ring to xenconsoled
     */
    public record Rings(long store, long console) {}

    /**
     * Tells the guest where its pages are now: in its list of them, in its start info, and in the page that it shares with
     * Xen.
     *
     * @param storePort the guest's port to xenstored
     * @param consolePort the guest's port to xenconsoled
     * @return the rings that the guest has
     */
    public Rings describe(int storePort, int consolePort) {
        pages.writeList();
        long frame = xenctrl.domains().sharedInfoFrame(domid);
        Rings rings = writeStartInfo(frame, storePort, consolePort);
        writeSharedInfo(frame);
        return rings;
    }

    private Rings writeStartInfo(long sharedInfoFrame, int storePort, int consolePort) {
        StructView registers = VcpuContext.registers(xenctrl, context(firstRegisters()));
        StructLayout layout = xenctrl.abi().struct("start_info");
        long[] rings = new long[2];
        pages.update(registers.get(VcpuContext.START_INFO), "the start info", page -> {
            StructView info = layout.at(page, 0);
            rings[0] = pages.ordinary(info.get("store_mfn"), "the ring to xenstored");
            rings[1] = pages.ordinary(info.get("console.domU.mfn"), "the ring to xenconsoled");
            info.set("nr_pages", pages.end())
                    .set("shared_info", sharedInfoFrame << Pages.SHIFT)
                    .set("flags", 0)
                    .set("store_mfn", rings[0])
                    .set("store_evtchn", storePort)
                    .set("console.domU.mfn", rings[1])
                    .set("console.domU.evtchn", consolePort);
        });
        return new Rings(rings[0], rings[1]);
    }

    /** Takes over what the vCPUs and the kernel have there. No event is pending in a domain with new event channels. */
    private void writeSharedInfo(long frame) {
        byte[] old = sharedInfo
                .orElseThrow(() -> new SaveStreamException("the stream has no record SHARED_INFO"))
                .bytes();
        StructLayout layout = xenctrl.abi().struct("shared_info");
        StructLayout vcpu = xenctrl.abi().struct("vcpu_info");
        int kernels = layout.field("arch.max_pfn").offset();
        change(frame, page -> {
            page.put(0, old, 0, layout.field("vcpu_info").bytes());
            page.put(kernels, old, kernels, layout.size() - kernels);
            StructView info = layout.at(page, 0);
            byte[] mask = new byte[layout.field("evtchn_mask").bytes()];
            Arrays.fill(mask, MASKED);
            info.setBytes(
                            "evtchn_pending",
                            new byte[layout.field("evtchn_pending").bytes()])
                    .setBytes("evtchn_mask", mask)
                    .set("arch.pfn_to_mfn_frame_list_list", 0);
            for (int at = 0; at < layout.field("vcpu_info").bytes(); at += vcpu.size()) {
                vcpu.at(page, at).set("evtchn_pending_sel", 0);
            }
        });
    }

    private void change(long frame, Consumer<ByteBuffer> action) {
        try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ_WRITE, frame)) {
            action.accept(mapped.bytes());
        }
    }

    /** A refusal by Xen of something in the stream is an error of the stream. */
    private static void refusable(String what, Runnable calls) {
        try {
            calls.run();
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EINVAL)
                    || e.errno().equals(Errno.EBUSY)
                    || e.errno().equals(Errno.EPERM)) {
                throw new SaveStreamException("Xen refuses the " + what + ": " + e.getMessage(), e);
            }
            throw e;
        }
    }
}
