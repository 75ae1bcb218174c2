// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.memory.VirtualNuma;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Walks the tables from the root pointer on, as a guest does. */
class AcpiTablesTest {
    private static final long BASE = 0xFC00_0000L;
    private static final int HEADER = 36;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 127, 128})
    void everyTableIsReachedFromTheRootPointerAndSumsUpToZero(int vcpus) {
        byte[] page = new AcpiTables(BASE, vcpus, VirtualNuma.NONE).pages();

        assertEquals(4096, page.length);
        ByteBuffer rsdp = at(page, BASE);
        assertEquals("RSD PTR ", text(page, 0, 8));
        assertEquals(2, rsdp.get(15));
        assertEquals(0, rsdp.getInt(16), "no RSDT");
        assertEquals(36, rsdp.getInt(20));
        assertEquals(0, sum(page, 0, 20));
        assertEquals(0, sum(page, 0, 36));

        ByteBuffer xsdt = table(page, rsdp.getLong(24), "XSDT", 1, 52);
        ByteBuffer fadt = table(page, xsdt.getLong(36), "FACP", 5, 268);
        table(page, xsdt.getLong(44), "APIC", 3, 44 + 8 * vcpus);
        ByteBuffer dsdt = table(page, fadt.getLong(140), "DSDT", 2, HEADER);
        assertEquals(fadt.getLong(140), fadt.getInt(40) & 0xffff_ffffL);
        assertEquals(0, dsdt.position());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 128})
    void tablesNeitherOverlapNorLeaveThePage(int vcpus) {
        byte[] page = new AcpiTables(BASE, vcpus, VirtualNuma.NONE).pages();
        List<int[]> extents = Stream.of("XSDT", "DSDT", "FACP", "APIC")
                .map(signature -> {
                    int at = new String(page, StandardCharsets.ISO_8859_1).indexOf(signature);
                    return new int[] {
                        at,
                        at
                                + ByteBuffer.wrap(page)
                                        .order(ByteOrder.LITTLE_ENDIAN)
                                        .getInt(at + 4)
                    };
                })
                .sorted((a, b) -> Integer.compare(a[0], b[0]))
                .toList();

        int end = 36;
        for (int[] extent : extents) {
            assertTrue(extent[0] >= end, "a table begins before the last one ends");
            end = extent[1];
        }
        assertTrue(end <= 4096);
    }

    /** The largest tables: of 128 vCPUs in 32 nodes. */
    @Test
    void nodesOfVcpusAndMemoryAreInSratAndDistancesInSlit() {
        List<VirtualNode> nodes = IntStream.range(0, 32)
                .mapToObj(node -> new VirtualNode(
                        0,
                        KiB.ofMiB(128),
                        CpuSet.range(4 * node, 4 * node + 3),
                        IntStream.range(0, 32)
                                .mapToObj(other -> other == node ? 10 : 20 + other)
                                .toList()))
                .toList();
        byte[] pages = new AcpiTables(BASE, 128, VirtualNuma.of(nodes, KiB.ZERO, BASE)).pages();

        assertEquals(8192, pages.length);
        assertEquals(0, sum(pages, 0, 36));
        ByteBuffer xsdt = table(pages, at(pages, BASE).getLong(24), "XSDT", 1, 68);
        table(pages, xsdt.getLong(36), "FACP", 5, 268);
        table(pages, xsdt.getLong(44), "APIC", 3, 44 + 8 * 128);
        ByteBuffer srat = table(pages, xsdt.getLong(52), "SRAT", 1, 48 + 16 * 128 + 40 * 33);
        assertEquals(1, srat.getInt(36));
        for (int vcpu = 0; vcpu < 128; vcpu++) {
            int entry = 48 + 16 * vcpu;
            assertEquals(0x1000, srat.getShort(entry), "type and length");
            assertEquals(vcpu / 4, srat.get(entry + 2), "node");
            assertEquals(2 * vcpu, srat.get(entry + 3) & 0xff, "APIC id");
            assertEquals(1, srat.getInt(entry + 4), "flags");
        }
        int last = 48 + 16 * 128 + 40 * 32;
        assertEquals(0x2801, srat.getShort(last), "type and length");
        assertEquals(31, srat.getInt(last + 2), "node");
        assertEquals(1L << 32, srat.getLong(last + 8), "start");
        assertEquals(64L << 20, srat.getLong(last + 16), "length");
        assertEquals(1, srat.getInt(last + 28), "flags");
        ByteBuffer slit = table(pages, xsdt.getLong(60), "SLIT", 1, 44 + 32 * 32);
        assertEquals(32, slit.getLong(36));
        assertEquals(
                List.of(10, 21, 20, 10),
                List.of((int) slit.get(44), (int) slit.get(45), (int) slit.get(44 + 32), (int) slit.get(44 + 33)));
    }

    @Test
    void theHardwareIsReducedSoThatNoRegistersAreNeeded() {
        byte[] page = new AcpiTables(BASE, 1, VirtualNuma.NONE).pages();
        ByteBuffer fadt = fadt(page);

        assertEquals(1 << 20, fadt.getInt(112) & 1 << 20);
        assertEquals(0x24, fadt.getShort(109));
        assertEquals(0, fadt.getInt(36), "FACS");
        assertEquals(0, fadt.getInt(56), "PM1a event block");
        assertArrayEquals(new byte[268 - 148], Arrays.copyOfRange(page, offset(fadt) + 148, offset(fadt) + 268));
    }

    @Test
    void everyVcpuIsListedAsEnabledWithTheApicIdThatXenGivesIt() {
        ByteBuffer madt = madt(new AcpiTables(BASE, 128, VirtualNuma.NONE).pages());

        assertEquals(0xFEE0_0000, madt.getInt(36));
        for (int vcpu = 0; vcpu < 128; vcpu++) {
            int entry = 44 + 8 * vcpu;
            assertEquals(0, madt.get(entry), "type");
            assertEquals(8, madt.get(entry + 1), "length");
            assertEquals(vcpu, madt.get(entry + 2) & 0xff, "processor id");
            assertEquals(2 * vcpu, madt.get(entry + 3) & 0xff, "APIC id");
            assertEquals(1, madt.getInt(entry + 4), "flags");
        }
    }

    @Test
    void vcpusAreListedAsInTheTableThatLibxlMadeFor4OfThem() {
        byte[] libxl = Resources.recorded("madt-4-vcpus.hex");
        ByteBuffer madt = madt(new AcpiTables(BASE, 4, VirtualNuma.NONE).pages());

        byte[] ours = new byte[libxl.length];
        madt.get(0, ours);
        assertArrayEquals(Arrays.copyOfRange(libxl, 44, libxl.length), Arrays.copyOfRange(ours, 44, ours.length));
    }

    @Test
    void theRootPointerCanBeCopiedElsewhere() {
        AcpiTables tables = new AcpiTables(BASE, 1, VirtualNuma.NONE);

        assertArrayEquals(Arrays.copyOf(tables.pages(), 36), tables.rsdp());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 129})
    void numbersOfVcpusThatXenDoesNotHaveAreRefused(int vcpus) {
        assertThrows(IllegalArgumentException.class, () -> new AcpiTables(BASE, vcpus, VirtualNuma.NONE));
    }

    /** Intel's disassembler reads the tables without a complaint, where it is installed. */
    @ParameterizedTest
    @ValueSource(strings = {"FACP", "APIC", "DSDT", "XSDT", "SRAT", "SLIT"})
    void iaslReadsTheTables(String signature, @TempDir Path directory) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/iasl")), "iasl is not installed");
        List<VirtualNode> nodes = List.of(new VirtualNode(0, KiB.ofMiB(64), CpuSet.range(0, 3), List.of(10)));
        byte[] page = new AcpiTables(BASE, 4, VirtualNuma.of(nodes, KiB.ZERO, BASE)).pages();
        int at = new String(page, StandardCharsets.ISO_8859_1).indexOf(signature);
        int length = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 4);
        Path file = directory.resolve(signature + ".dat");
        Files.write(file, Arrays.copyOfRange(page, at, at + length));

        Process iasl = new ProcessBuilder("/usr/bin/iasl", "-d", file.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(iasl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals(0, iasl.waitFor(), output);
        String listing = Files.readString(directory.resolve(signature + ".dsl"));
        assertTrue(!output.contains("Error") && !output.contains("Warning"), output);
        assertTrue(!listing.contains("ERROR") && !listing.contains("WARNING"), listing);
    }

    private static ByteBuffer fadt(byte[] page) {
        return at(page, at(page, at(page, BASE).getLong(24)).getLong(36));
    }

    private static ByteBuffer madt(byte[] page) {
        return at(page, at(page, at(page, BASE).getLong(24)).getLong(44));
    }

    private static ByteBuffer table(byte[] page, long address, String signature, int revision, int length) {
        ByteBuffer table = at(page, address);
        assertEquals(0, address % 4, signature + " is not aligned");
        assertEquals(signature, text(page, offset(table), 4));
        assertEquals(length, table.getInt(4));
        assertEquals(revision, table.get(8));
        assertEquals("XENJVM", text(page, offset(table) + 10, 6));
        assertEquals(0, sum(page, offset(table), length), signature + "'s checksum");
        return table;
    }

    private static ByteBuffer at(byte[] page, long address) {
        int offset = (int) (address - BASE);
        return ByteBuffer.wrap(page, offset, page.length - offset).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int offset(ByteBuffer table) {
        return table.arrayOffset();
    }

    private static int sum(byte[] page, int at, int length) {
        int sum = 0;
        for (int i = at; i < at + length; i++) {
            sum += page[i];
        }
        return sum & 0xff;
    }

    private static String text(byte[] page, int at, int length) {
        return new String(page, at, length, StandardCharsets.US_ASCII);
    }
}
