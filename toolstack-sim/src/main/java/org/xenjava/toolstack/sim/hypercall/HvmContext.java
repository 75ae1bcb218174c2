// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmSaveRecord;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * {@code gethvmcontext} and {@code sethvmcontext}: streams of save records. The stream of a fresh domain has the
 * records and sizes of Xen 4.17. Records that are set are checked and returned later. They have two effects: vCPUs
 * with a CPU record come up, and Xen looks up the frame in their cr3, which populates it.
 */
final class HvmContext {
    /** The buffer size that Xen asks for is this plus {@link #VCPU_BYTES} for each vCPU. */
    private static final int BASE_BYTES = 1744;

    private static final int VCPU_BYTES = 2824;

    private static final long MAGIC = 0x5438_1286L;
    private static final long CPUID_SIGNATURE = 0x0006_0fb1L;
    private static final long PAGE_ATTRIBUTES = 0x0007_0406_0007_0406L;
    private static final long MTRR_CAPABILITY = 0x508L;
    private static final long CR0_EXTENSION_TYPE = 0x10L;

    private static final int PIC = 3;
    private static final int IOAPIC = 4;
    private static final int LAPIC = 5;
    private static final int LAPIC_REGS = 6;
    private static final int PCI_IRQ = 7;
    private static final int ISA_IRQ = 8;
    private static final int PCI_LINK = 9;
    private static final int PIT = 10;
    private static final int RTC = 11;
    private static final int HPET = 12;
    private static final int PMTIMER = 13;
    private static final int VMCE_VCPU = 18;
    private static final int TSC_ADJUST = 19;

    private static final Map<Integer, Integer> FIXED_LENGTHS = Map.ofEntries(
            Map.entry(HvmSaveRecord.HEADER.typecode(), 24),
            Map.entry(HvmSaveRecord.CPU.typecode(), 1032),
            Map.entry(PIC, 8),
            Map.entry(IOAPIC, 400),
            Map.entry(LAPIC_REGS, 1024),
            Map.entry(PCI_IRQ, 16),
            Map.entry(ISA_IRQ, 8),
            Map.entry(PCI_LINK, 8),
            Map.entry(PIT, 56),
            Map.entry(RTC, 24),
            Map.entry(HPET, 1048),
            Map.entry(PMTIMER, 8),
            Map.entry(HvmSaveRecord.MTRR.typecode(), 240),
            Map.entry(VMCE_VCPU, 32),
            Map.entry(TSC_ADJUST, 8));

    private final Machine machine;
    private final StructLayout descriptor;

    HvmContext(Machine machine) {
        this.machine = machine;
        this.descriptor = machine.abi().struct("hvm_save_descriptor");
    }

    void get(XenDomain domain, CallerMemory caller, StructView body) {
        int room = BASE_BYTES + VCPU_BYTES * domain.vcpus();
        if (body.get("buffer") == 0) {
            body.set("size", room);
            return;
        }
        if (body.get("size") < room) {
            throw new XenRefusal(Errno.ENOSPC);
        }
        byte[] stream = stream(domain);
        caller.write(body.get("buffer"), stream);
        body.set("size", stream.length);
    }

    /** The length of a record, or -1 if it is unknown. The record of a local APIC grew in point releases. */
    private int lengthOf(int typecode) {
        return typecode == LAPIC ? machine.behaviour().localApicBytes() : FIXED_LENGTHS.getOrDefault(typecode, -1);
    }

    private byte[] stream(XenDomain domain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean pvh = domain.emulationFlags() == DomctlOp.EMU_LAPIC;
        StructView header = machine.abi().struct("hvm_save_header").allocate();
        header.set("magic", MAGIC)
                .set("version", 1)
                .set("changeset", -1)
                .set("cpuid", CPUID_SIGNATURE)
                .set("gtsc_khz", HostOps.CPU_KHZ);
        append(out, HvmSaveRecord.HEADER.typecode(), 0, header.toBytes());
        for (int vcpu = 0; vcpu < domain.vcpus(); vcpu++) {
            if (domain.onlineVcpus().get(vcpu)) {
                append(out, domain, HvmSaveRecord.CPU.typecode(), vcpu);
            }
        }
        if (!pvh) {
            append(out, domain, PIC, 0);
            append(out, domain, PIC, 1);
            append(out, domain, IOAPIC, 0);
        }
        appendPerVcpu(out, domain, LAPIC);
        appendPerVcpu(out, domain, LAPIC_REGS);
        append(out, domain, PCI_IRQ, 0);
        append(out, domain, ISA_IRQ, 0);
        append(out, domain, PCI_LINK, 0);
        if (!pvh) {
            append(out, domain, PIT, 0);
            append(out, domain, RTC, 0);
            append(out, domain, HPET, 0);
            append(out, domain, PMTIMER, 0);
        }
        appendPerVcpu(out, domain, HvmSaveRecord.MTRR.typecode());
        appendPerVcpu(out, domain, VMCE_VCPU);
        appendPerVcpu(out, domain, TSC_ADJUST);
        append(out, HvmSaveRecord.END.typecode(), 0, new byte[0]);
        return out.toByteArray();
    }

    private void appendPerVcpu(ByteArrayOutputStream out, XenDomain domain, int typecode) {
        for (int vcpu = 0; vcpu < domain.vcpus(); vcpu++) {
            append(out, domain, typecode, vcpu);
        }
    }

    private void append(ByteArrayOutputStream out, XenDomain domain, int typecode, int instance) {
        Optional<byte[]> loaded = domain.saveRecord(typecode, instance);
        append(out, typecode, instance, loaded.orElseGet(() -> initial(typecode, instance)));
    }

    private void append(ByteArrayOutputStream out, int typecode, int instance, byte[] content) {
        out.writeBytes(descriptor
                .allocate()
                .set("typecode", typecode)
                .set("instance", instance)
                .set("length", content.length)
                .toBytes());
        out.writeBytes(content);
    }

    private byte[] initial(int typecode, int instance) {
        byte[] content = new byte[lengthOf(typecode)];
        ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        if (typecode == HvmSaveRecord.CPU.typecode()) {
            // A vCPU that the guest itself has brought up.
            machine.abi().struct("hvm_hw_cpu").at(buffer, 0).set("cr0", CR0_EXTENSION_TYPE);
        } else if (typecode == HvmSaveRecord.MTRR.typecode()) {
            machine.abi()
                    .struct("hvm_hw_mtrr")
                    .at(buffer, 0)
                    .set("msr_pat_cr", PAGE_ATTRIBUTES)
                    .set("msr_mtrr_cap", MTRR_CAPABILITY);
        } else if (typecode == LAPIC) {
            // The base address with the enable bit; the first vCPU has the boot CPU's bit too.
            buffer.putLong(0, 0xfee0_0800L | (instance == 0 ? 0x100 : 0))
                    .putInt(8, 2)
                    .putInt(12, 2);
        } else if (typecode == LAPIC_REGS) {
            // The ID that Xen gives vCPU i is 2i; the local vector table, 0x320 to 0x370, is masked.
            buffer.putInt(0x20, instance << 25)
                    .putInt(0x30, 0x0005_0014)
                    .putInt(0xe0, -1)
                    .putInt(0xf0, 0xff);
            for (int vector = 0x320; vector <= 0x370; vector += 0x10) {
                buffer.putInt(vector, 0x1_0000);
            }
        } else if (typecode == VMCE_VCPU) {
            buffer.putLong(0, 2);
        }
        return content;
    }

    void set(XenDomain domain, CallerMemory caller, StructView body) {
        if (domain.memory().dying()) {
            throw new XenRefusal(Errno.EINVAL);
        }
        ByteBuffer stream = ByteBuffer.wrap(caller.read(body.get("buffer"), body.get("size")))
                .order(ByteOrder.LITTLE_ENDIAN);
        boolean headerSeen = false;
        while (true) {
            if (stream.remaining() < descriptor.size()) {
                throw new XenRefusal(Errno.ENODATA);
            }
            StructView record = descriptor.at(stream, stream.position());
            int typecode = record.getInt("typecode");
            stream.position(stream.position() + descriptor.size());
            if (!headerSeen) {
                loadHeader(typecode, record, stream);
                headerSeen = true;
                domain.onlineVcpus().clear();
            } else if (typecode == HvmSaveRecord.END.typecode()) {
                return;
            } else {
                load(domain, typecode, record, stream);
            }
        }
    }

    private void loadHeader(int typecode, StructView record, ByteBuffer stream) {
        StructLayout layout = machine.abi().struct("hvm_save_header");
        if (typecode != HvmSaveRecord.HEADER.typecode()
                || record.getInt("length") != layout.size()
                || stream.remaining() < layout.size()) {
            throw new XenRefusal(Errno.ENODATA);
        }
        StructView header = layout.at(stream, stream.position());
        if (header.get("magic") != MAGIC || header.get("version") != 1) {
            throw new XenRefusal(Errno.EINVAL);
        }
        stream.position(stream.position() + layout.size());
    }

    private void load(XenDomain domain, int typecode, StructView record, ByteBuffer stream) {
        int length = record.getInt("length");
        int instance = record.getInt("instance");
        boolean known = lengthOf(typecode) == length && stream.remaining() >= length;
        boolean perVcpu = typecode == HvmSaveRecord.CPU.typecode()
                || typecode == HvmSaveRecord.MTRR.typecode()
                || typecode == LAPIC
                || typecode == LAPIC_REGS
                || typecode >= VMCE_VCPU;
        if (!known || perVcpu && instance >= domain.vcpus()) {
            throw new XenRefusal(Errno.EINVAL);
        }
        byte[] content = new byte[length];
        stream.get(content);
        if (typecode == HvmSaveRecord.CPU.typecode()) {
            loadCpu(domain, instance, content);
        }
        domain.setSaveRecord(typecode, instance, content);
    }

    private void loadCpu(XenDomain domain, int vcpu, byte[] content) {
        StructView cpu = machine.abi().struct("hvm_hw_cpu").at(ByteBuffer.wrap(content), 0);
        boolean pagingUnprotected = (cpu.get("cr0") & 0x8000_0001L) == 0x8000_0000L;
        if ((cpu.get("cr0") & CR0_EXTENSION_TYPE) == 0 || pagingUnprotected || (cpu.get("flags") & ~1L) != 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        domain.memory().touch(cpu.get("cr3") / PhysicalMemory.PAGE_BYTES, Actor.DOM0);
        domain.onlineVcpus().set(vcpu);
    }
}
