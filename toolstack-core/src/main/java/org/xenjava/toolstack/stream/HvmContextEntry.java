// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.error.SaveStreamException;

/**
 * One of Xen's HVM save records in an HVM_CONTEXT.
 *
 * @param typecode of the record
 * @param instance number of the vCPU, or of the device
 * @param length of its body in bytes
 */
public record HvmContextEntry(int typecode, int instance, int length) {
    private static final int DESCRIPTOR_BYTES = 8;
    private static final int SHORT_MASK = 0xffff;
    private static final int HEADER = 1;
    private static final int END = 0;

    /** Names by type code, from {@code xen/include/public/arch-x86/hvm/save.h}. */
    private static final List<String> NAMES = List.of(
            "END",
            "HEADER",
            "CPU",
            "PIC",
            "IOAPIC",
            "LAPIC",
            "LAPIC_REGS",
            "PCI_IRQ",
            "ISA_IRQ",
            "PCI_LINK",
            "PIT",
            "RTC",
            "HPET",
            "PMTIMER",
            "MTRR",
            "VIRIDIAN_DOMAIN",
            "CPU_XSAVE",
            "VIRIDIAN_VCPU",
            "VMCE_VCPU",
            "TSC_ADJUST",
            "CPU_MSR");

    /**
     * {@return the records of an HVM_CONTEXT}
     *
     * @param context the content of the record
     * @throws SaveStreamException if the lengths do not fit, or HEADER or END is missing
     */
    public static List<HvmContextEntry> listOf(Blob context) {
        ByteBuffer bytes = ByteBuffer.wrap(context.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        List<HvmContextEntry> entries = new ArrayList<>();
        while (bytes.remaining() >= DESCRIPTOR_BYTES) {
            int typecode = bytes.getShort() & SHORT_MASK;
            int instance = bytes.getShort() & SHORT_MASK;
            int length = bytes.getInt();
            if (length < 0 || length > bytes.remaining()) {
                throw new SaveStreamException("HVM_CONTEXT: save record " + typecode + " has "
                        + Integer.toUnsignedString(length) + " bytes, of which " + bytes.remaining() + " are there");
            }
            bytes.position(bytes.position() + length);
            entries.add(new HvmContextEntry(typecode, instance, length));
        }
        boolean framed = entries.size() > 1
                && entries.get(0).typecode() == HEADER
                && entries.get(entries.size() - 1).typecode() == END;
        if (bytes.hasRemaining() || !framed) {
            throw new SaveStreamException("HVM_CONTEXT: it is not a list of save records from HEADER to END");
        }
        return List.copyOf(entries);
    }

    /** {@return the name of the record type, or its number if it is unknown} */
    public String name() {
        return typecode < NAMES.size() ? NAMES.get(typecode) : "type " + typecode;
    }
}
