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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Walks the tables from the root pointer on, as a guest does. */
class AcpiTablesTest {
    private static final long BASE = 0xFC00_0000L;
    private static final int HEADER = 36;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 127, 128})
    void everyTableIsReachedFromTheRootPointerAndSumsUpToZero(int vcpus) {
        byte[] page = new AcpiTables(BASE, vcpus).pages();

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
        byte[] page = new AcpiTables(BASE, vcpus).pages();
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

    @Test
    void theHardwareIsReducedSoThatNoRegistersAreNeeded() {
        byte[] page = new AcpiTables(BASE, 1).pages();
        ByteBuffer fadt = fadt(page);

        assertEquals(1 << 20, fadt.getInt(112) & 1 << 20);
        assertEquals(0x24, fadt.getShort(109));
        assertEquals(0, fadt.getInt(36), "FACS");
        assertEquals(0, fadt.getInt(56), "PM1a event block");
        assertArrayEquals(new byte[268 - 148], Arrays.copyOfRange(page, offset(fadt) + 148, offset(fadt) + 268));
    }

    @Test
    void everyVcpuIsListedAsEnabledWithTheApicIdThatXenGivesIt() {
        ByteBuffer madt = madt(new AcpiTables(BASE, 128).pages());

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
        ByteBuffer madt = madt(new AcpiTables(BASE, 4).pages());

        byte[] ours = new byte[libxl.length];
        madt.get(0, ours);
        assertArrayEquals(Arrays.copyOfRange(libxl, 44, libxl.length), Arrays.copyOfRange(ours, 44, ours.length));
    }

    @Test
    void theRootPointerCanBeCopiedElsewhere() {
        AcpiTables tables = new AcpiTables(BASE, 1);

        assertArrayEquals(Arrays.copyOf(tables.pages(), 36), tables.rsdp());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 129})
    void numbersOfVcpusThatXenDoesNotHaveAreRefused(int vcpus) {
        assertThrows(IllegalArgumentException.class, () -> new AcpiTables(BASE, vcpus));
    }

    /** Intel's disassembler reads the tables without a complaint, where it is installed. */
    @ParameterizedTest
    @ValueSource(strings = {"FACP", "APIC", "DSDT", "XSDT"})
    void iaslReadsTheTables(String signature, @TempDir Path directory) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/iasl")), "iasl is not installed");
        byte[] page = new AcpiTables(BASE, 4).pages();
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
