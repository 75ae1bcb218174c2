// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.base.Preconditions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The ACPI tables of a PVH guest: the smallest set with which Linux brings up all its vCPUs. RSDP → XSDT → FADT and
 * MADT; FADT → a DSDT that defines nothing. A guest with NUMA nodes has SRAT and SLIT too. The platform is "hardware-reduced" (ACPI 5.0, chapter 4.1): no PM registers
 * and no FACS. Without a MADT a guest runs on one vCPU without a timer; without a DSDT Linux panics.
 *
 * <p>vCPU <i>i</i> has the APIC id 2<i>i</i>, as in Xen. The tables list every vCPU of the guest as enabled, because
 * the DSDT has no objects that could announce one later. The xenstore nodes {@code cpu/N/availability} say which vCPUs
 * are online, and Linux takes the others offline while it boots. libxl enables only the vCPUs that are online at boot.
 */
final class AcpiTables {
    /** The largest number of vCPUs in an HVM or PVH domain ({@code HVM_MAX_VCPUS}). */
    private static final int MAX_VCPUS = 128;

    /** The size of the tables for {@value #MAX_VCPUS} vCPUs, in pages. */
    private static final Pages PAGES = Pages.of(1);

    /** The size of the tables for as many vCPUs in the largest number of NUMA nodes, in pages. */
    private static final Pages PAGES_WITH_NODES = Pages.of(2);

    static final int RSDP_BYTES = 36;

    private static final int ALIGNMENT = 16;
    private static final int HEADER_BYTES = 36;
    private static final int CHECKSUM = 9;
    private static final int XSDT_ENTRIES = 2;
    private static final int FADT_BYTES = 268;
    private static final int MADT_BYTES = 44;
    private static final int LAPIC_BYTES = 8;
    private static final int SRAT_BYTES = 48;
    private static final int SRAT_PROCESSOR_BYTES = 16;
    private static final int SRAT_MEMORY_BYTES = 40;
    private static final int SLIT_BYTES = 44;

    private static final int XSDT_AT = align(RSDP_BYTES);
    private static final int DSDT_AT = align(XSDT_AT + HEADER_BYTES + XSDT_ENTRIES * Long.BYTES);
    private static final int FADT_AT = align(DSDT_AT + HEADER_BYTES);
    private static final int MADT_AT = align(FADT_AT + FADT_BYTES);

    private static final String OEM = "XENJVM";
    private static final String OEM_TABLE = "XENPVH  ";
    private static final String CREATOR = "XJVM";

    /** WBINVD works; all processors have C1; no fixed power button, sleep button and RTC wake; hardware-reduced. */
    private static final int FADT_FLAGS = 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 20;

    /** IAPC_BOOT_ARCH: no VGA, no CMOS clock. */
    private static final short FADT_BOOT_ARCH = 1 << 2 | 1 << 5;

    private static final int LAPIC_ADDRESS = 0xFEE0_0000;
    private static final int LAPIC_ENABLED = 1;
    private static final int SRAT_REVISION = 1;
    private static final int SRAT_MEMORY = 1;
    private static final int SRAT_ENABLED = 1;

    private final long address;
    private final ByteBuffer bytes;

    /**
     * @param address guest-physical address of the RSDP, page-aligned, below 4 GiB
     * @param vcpus number of vCPUs that the guest may have, 1 … {@value #MAX_VCPUS}
     * @param numa the NUMA nodes that the guest sees
     */
    AcpiTables(long address, int vcpus, VirtualNuma numa) {
        Preconditions.checkArgument(vcpus >= 1 && vcpus <= MAX_VCPUS, "%s vCPUs are not 1 … 128", vcpus);
        this.address = address;
        this.bytes = ByteBuffer.allocate((int) pages(numa.nodes()).count() * Pages.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        header(DSDT_AT, "DSDT", 2, HEADER_BYTES);
        writeFadt();
        int end = writeMadt(vcpus);
        if (numa.isNone()) {
            writeXsdt(XSDT_AT, FADT_AT, MADT_AT);
            writeRsdp(XSDT_AT);
        } else {
            int srat = align(end);
            int slit = align(writeSrat(srat, vcpus, numa));
            int xsdt = align(writeSlit(slit, numa));
            writeXsdt(xsdt, FADT_AT, MADT_AT, srat, slit);
            writeRsdp(xsdt);
        }
    }

    /** The number of pages of the tables. */
    static Pages pages(List<VirtualNode> nodes) {
        return nodes.isEmpty() ? PAGES : PAGES_WITH_NODES;
    }

    /** The guest frames of the tables. */
    PageRange frames() {
        return PageRange.holding(address, bytes.capacity());
    }

    /** The tables, followed by zeros up to the end of the last page. */
    byte[] pages() {
        return bytes.array().clone();
    }

    /** The root pointer alone, which may be copied to any address. */
    byte[] rsdp() {
        byte[] rsdp = new byte[RSDP_BYTES];
        bytes.get(0, rsdp);
        return rsdp;
    }

    private void writeRsdp(int xsdt) {
        ascii(0, "RSD PTR ");
        ascii(9, OEM);
        bytes.put(15, (byte) 2);
        bytes.putInt(20, RSDP_BYTES);
        bytes.putLong(24, address + xsdt);
        checksum(0, 20, 8);
        checksum(0, RSDP_BYTES, 32);
    }

    private void writeXsdt(int at, int... tables) {
        for (int i = 0; i < tables.length; i++) {
            bytes.putLong(at + HEADER_BYTES + i * Long.BYTES, address + tables[i]);
        }
        header(at, "XSDT", 1, HEADER_BYTES + tables.length * Long.BYTES);
    }

    private void writeFadt() {
        bytes.putInt(FADT_AT + 40, (int) (address + DSDT_AT));
        bytes.putShort(FADT_AT + 109, FADT_BOOT_ARCH);
        bytes.putInt(FADT_AT + 112, FADT_FLAGS);
        bytes.putLong(FADT_AT + 140, address + DSDT_AT);
        header(FADT_AT, "FACP", 5, FADT_BYTES);
    }

    /** Writes the vCPUs and returns the end of the table. */
    private int writeMadt(int vcpus) {
        bytes.putInt(MADT_AT + 36, LAPIC_ADDRESS);
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            int entry = MADT_AT + MADT_BYTES + vcpu * LAPIC_BYTES;
            bytes.put(entry + 1, (byte) LAPIC_BYTES);
            bytes.put(entry + 2, (byte) vcpu);
            bytes.put(entry + 3, (byte) (2 * vcpu));
            bytes.putInt(entry + 4, LAPIC_ENABLED);
        }
        header(MADT_AT, "APIC", 3, MADT_BYTES + vcpus * LAPIC_BYTES);
        return MADT_AT + MADT_BYTES + vcpus * LAPIC_BYTES;
    }

    /**
     * Writes the node of each vCPU, by its APIC id, and of each range of memory (ACPI 5.0, chapter 5.2.16), and returns the
     * end of the table.
     */
    private int writeSrat(int at, int vcpus, VirtualNuma numa) {
        bytes.putInt(at + HEADER_BYTES, SRAT_REVISION);
        int entry = at + SRAT_BYTES;
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            bytes.put(entry + 1, (byte) SRAT_PROCESSOR_BYTES);
            bytes.put(entry + 2, (byte) numa.nodeOf(vcpu));
            bytes.put(entry + 3, (byte) (2 * vcpu));
            bytes.putInt(entry + 4, SRAT_ENABLED);
            entry += SRAT_PROCESSOR_BYTES;
        }
        for (VirtualNuma.NodeRange range : numa.ranges()) {
            bytes.put(entry, (byte) SRAT_MEMORY);
            bytes.put(entry + 1, (byte) SRAT_MEMORY_BYTES);
            bytes.putInt(entry + 2, range.node());
            bytes.putLong(entry + 8, range.ram().start());
            bytes.putLong(entry + 16, range.ram().end() - range.ram().start());
            bytes.putInt(entry + 28, SRAT_ENABLED);
            entry += SRAT_MEMORY_BYTES;
        }
        header(at, "SRAT", 1, entry - at);
        return entry;
    }

    /** Writes the distance from each node to each node (ACPI 5.0, chapter 5.2.17) and returns the end of the table. */
    private int writeSlit(int at, VirtualNuma numa) {
        bytes.putLong(at + HEADER_BYTES, numa.nodes().size());
        int entry = at + SLIT_BYTES;
        for (VirtualNode node : numa.nodes()) {
            for (int distance : node.distances()) {
                bytes.put(entry++, (byte) distance);
            }
        }
        header(at, "SLIT", 1, entry - at);
        return entry;
    }

    /** Writes the header last, because its checksum covers the whole table. */
    private void header(int at, String signature, int revision, int length) {
        ascii(at, signature);
        bytes.putInt(at + 4, length);
        bytes.put(at + 8, (byte) revision);
        ascii(at + 10, OEM);
        ascii(at + 16, OEM_TABLE);
        bytes.putInt(at + 24, 1);
        ascii(at + 28, CREATOR);
        bytes.putInt(at + 32, 1);
        checksum(at, length, CHECKSUM);
    }

    /** The checksum: the sum of all bytes becomes zero. */
    private void checksum(int at, int length, int checksumAt) {
        int sum = 0;
        for (int i = at; i < at + length; i++) {
            sum += bytes.get(i);
        }
        bytes.put(at + checksumAt, (byte) -sum);
    }

    private void ascii(int at, String text) {
        bytes.put(at, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static int align(int offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
