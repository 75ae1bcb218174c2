// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.xenjava.toolstack.xenctrl.abi.HvmSaveRecord;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;

/**
 * Streams of HVM save records for {@code XEN_DOMCTL_sethvmcontext} that give a new domain's vCPUs their first state. A
 * stream consists of a header, records, and an end mark. Only Xen can make the header, so it is copied from the
 * domain's context. A record is a descriptor and its content ({@code xen/include/public/hvm/save.h}).
 *
 * <p>Xen takes every vCPU down before it applies a stream, and brings up the vCPUs that have a CPU record in the
 * stream. The stream of {@link #boot} must therefore be the last one.
 */
public final class VcpuState {
    /** {@code HVM_FILE_MAGIC}. */
    private static final int MAGIC = 0x54381286;

    /** MTRRs are enabled, and memory without an MTRR is write-back, as firmware would set it up. */
    private static final long MTRR_ENABLED_WRITE_BACK = 0x806;

    private static final int DESCRIPTOR_BYTES = GuestStructs.SAVE_DESCRIPTOR.size();

    private final byte[] header;
    private final byte[] mtrr;

    private VcpuState(byte[] header, byte[] mtrr) {
        this.header = header;
        this.mtrr = mtrr;
    }

    /**
     * Reads the header and the records from a new domain's context.
     *
     * @param context the result of {@code XEN_DOMCTL_gethvmcontext}
     * @throws IllegalArgumentException if it is not a stream of records with a header and an MTRR record
     */
    public static VcpuState of(byte[] context) {
        Map<HvmSaveRecord, byte[]> records = firstVcpuRecords(context);
        byte[] header = require(records, HvmSaveRecord.HEADER, GuestStructs.SAVE_HEADER);
        int magic = GuestStructs.SAVE_HEADER.at(ByteBuffer.wrap(header), 0).getInt("magic");
        if (magic != MAGIC) {
            throw malformed("its magic number is 0x" + Integer.toHexString(magic));
        }
        return new VcpuState(header, require(records, HvmSaveRecord.MTRR, GuestStructs.SAVED_MTRR));
    }

    /** The stream that enables a vCPU's MTRRs. Each vCPU of a PVH guest needs one; firmware does the same for HVM. */
    public byte[] mtrr(int vcpu) {
        ByteBuffer content = ByteBuffer.wrap(mtrr.clone());
        GuestStructs.SAVED_MTRR.at(content, 0).set("msr_mtrr_def_type", MTRR_ENABLED_WRITE_BACK);
        return stream(HvmSaveRecord.MTRR, vcpu, content.array());
    }

    /**
     * The stream that brings up vCPU 0 in 32-bit protected mode with flat segments, as the PVH boot protocol requires
     * ({@code docs/misc/pvh.pandoc}). hvmloader uses the same protocol.
     *
     * @param entry guest-physical address of the first instruction
     * @param startInfo guest-physical address of {@code hvm_start_info}, for EBX
     */
    public byte[] boot(long entry, long startInfo) {
        StructView cpu = GuestStructs.SAVED_CPU.allocate();
        cpu.set("rip", entry).set("rbx", startInfo);
        cpu.set("cr0", 0x11).set("dr6", 0xffff_0ff0L).set("dr7", 0x400);
        for (String segment : new String[] {"cs", "ds", "es", "ss"}) {
            cpu.set(segment + "_limit", 0xffff_ffffL);
            cpu.set(segment + "_arbytes", segment.equals("cs") ? 0xc9b : 0xc93);
        }
        cpu.set("tr_limit", 0x67).set("tr_arbytes", 0x8b);
        return stream(HvmSaveRecord.CPU, 0, cpu.toBytes());
    }

    private byte[] stream(HvmSaveRecord record, int instance, byte[] content) {
        ByteBuffer stream = ByteBuffer.allocate(3 * DESCRIPTOR_BYTES + header.length + content.length);
        append(stream, HvmSaveRecord.HEADER, 0, header);
        append(stream, record, instance, content);
        append(stream, HvmSaveRecord.END, 0, new byte[0]);
        return stream.array();
    }

    private static void append(ByteBuffer stream, HvmSaveRecord record, int instance, byte[] content) {
        StructView descriptor = GuestStructs.SAVE_DESCRIPTOR.allocate();
        descriptor.set("typecode", record.typecode()).set("instance", instance).set("length", content.length);
        stream.put(descriptor.toBytes()).put(content);
    }

    /** The contents of the records of known types that belong to vCPU 0 or to the domain. */
    private static Map<HvmSaveRecord, byte[]> firstVcpuRecords(byte[] context) {
        ByteBuffer stream = ByteBuffer.wrap(context).order(ByteOrder.LITTLE_ENDIAN);
        Map<HvmSaveRecord, byte[]> records = new LinkedHashMap<>();
        while (!records.containsKey(HvmSaveRecord.END)) {
            if (stream.remaining() < DESCRIPTOR_BYTES) {
                throw malformed("it ends at byte " + stream.position() + " without an end mark");
            }
            StructView descriptor = GuestStructs.SAVE_DESCRIPTOR.at(stream, stream.position());
            long length = descriptor.get("length");
            stream.position(stream.position() + DESCRIPTOR_BYTES);
            if (length > stream.remaining()) {
                throw malformed("its record of type " + descriptor.get("typecode") + " wants " + length
                        + " bytes, of which " + stream.remaining() + " are there");
            }
            byte[] content = new byte[(int) length];
            stream.get(content);
            if (descriptor.get("instance") == 0) {
                known(descriptor.getInt("typecode"), content, records);
            }
        }
        return records;
    }

    private static void known(int typecode, byte[] content, Map<HvmSaveRecord, byte[]> records) {
        for (HvmSaveRecord record : HvmSaveRecord.values()) {
            if (record.typecode() == typecode) {
                records.put(record, content);
            }
        }
    }

    private static byte[] require(Map<HvmSaveRecord, byte[]> records, HvmSaveRecord record, StructLayout layout) {
        byte[] content = records.get(record);
        if (content == null) {
            throw malformed("it has no " + record + " record");
        }
        if (content.length != layout.size()) {
            throw malformed("its " + record + " record is of " + content.length + " bytes, not " + layout.size());
        }
        return content;
    }

    private static IllegalArgumentException malformed(String why) {
        return new IllegalArgumentException("Xen's HVM context of the domain is malformed: " + why);
    }
}
