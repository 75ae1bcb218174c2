// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.ImagePlan.Item;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class HvmImagePlanTest {
    private static final long START_INFO = 0x17_4000;
    private static final long INFO_TABLE = 0x9_f800;

    private static final HvmConfig VGA_NONE = machine(GraphicsConfig.of(Vga.NONE));
    private static final HvmConfig STDVGA_16 = machine(GraphicsConfig.of(Vga.STDVGA));

    /** Recorded with Debian's hvmloader and SeaBIOS, the sizes of which the test's have. */
    @ParameterizedTest
    @CsvSource({"hvm-start-info.hex, NONE, 256, 512", "hvm-start-info-high-memory.hex, STDVGA, 512, 4096"})
    void hvmloaderIsToldWhatLibxlToldTheRecordedOne(String recording, Vga vga, long memory, long maxMemory) {
        HvmImagePlan plan = plan(guest(memory, maxMemory, machine(GraphicsConfig.of(vga))));
        DecodedStartInfo libxl = new DecodedStartInfo(Arrays.copyOf(Resources.recorded(recording), 4096), START_INFO);

        assertEquals(START_INFO, plan.startInfoAddress());
        DecodedStartInfo ours = startInfo(plan);
        assertEquals(List.of(new DecodedStartInfo.Module(0x13_4000, 0x4_0000, "firmware")), libxl.modules());
        assertEquals(libxl.modules(), ours.modules());
        assertEquals(libxl.memoryMap(), ours.memoryMap());
        assertEquals(libxl.memoryMap(), plan.memoryMap());
        assertEquals(libxl.rsdp(), ours.rsdp());
        assertEquals(libxl.hasCommandLine(), ours.hasCommandLine());
    }

    @ParameterizedTest
    @CsvSource({
        "hvm-info-table.hex, NONE, 256, 512",
        "hvm-info-table-videoram-16.hex, STDVGA, 256, 512",
        "hvm-info-table-high-memory.hex, STDVGA, 512, 4096"
    })
    void theInfoTableIsTheOneThatLibxlLeftInMemory(String recording, Vga vga, long memory, long maxMemory) {
        HvmImagePlan plan = plan(guest(memory, maxMemory, machine(GraphicsConfig.of(vga))));

        assertArrayEquals(Resources.recorded(recording), infoTable(plan));
    }

    @Test
    void theInfoTableListsTheOnlineVcpus() {
        DomainConfig guest =
                guest(256, 512, VGA_NONE).toBuilder().vcpus(10).maxVcpus(128).build();

        byte[] table = infoTable(plan(guest));

        assertEquals(128, table[16] & 0xff);
        assertEquals((byte) 0xff, table[32]);
        assertEquals((byte) 0x03, table[33]);
        assertEquals(0, table[34]);
        assertEquals(0, sum(table) & 0xff);
    }

    @Test
    void theInfoTableSaysThatThereAreNoApics() {
        Set<HvmFeature> features = EnumSet.copyOf(HvmFeature.DEFAULTS);
        features.remove(HvmFeature.APIC);
        HvmConfig machine = HvmConfig.builder().features(features).build();

        byte[] table = infoTable(plan(guest(256, 256, machine)));

        assertEquals(0, table[13]);
        assertEquals(0, sum(table) & 0xff);
    }

    @Test
    void thePartsHaveLibxlsOrder() {
        HvmImagePlan plan = plan(guest(256, 512, VGA_NONE));

        assertEquals(TestFirmware.LOADER_ENTRY, plan.entry());
        assertEquals(
                List.of(
                        new Item("HVM info table", INFO_TABLE, 48),
                        new Item("hvmloader", 0x10_0000, 0x3_3f40),
                        new Item("BIOS", 0x13_4000, 0x4_0000),
                        new Item("start info", START_INFO, 56 + 32 + 24 + "firmware".length() + 1)),
                plan.items());
        assertEquals(Optional.empty(), plan.acpiTables());
        assertEquals(Optional.empty(), plan.smbiosTables());
    }

    @Test
    void furtherTablesLieBetweenTheBiosAndTheStartInfoThatDoesNotListThem() {
        HvmFirmware firmware = new HvmFirmware(
                TestFirmware.loader(),
                TestFirmware.data(TestFirmware.bios()),
                Optional.of(TestFirmware.data(new byte[] {'A', 'C', 'P', 'I'})),
                Optional.of(TestFirmware.data(TestKernels.code(5000))));
        DomainConfig guest = guest(256, 512, VGA_NONE);

        HvmImagePlan plan = HvmImagePlan.of(guest, VGA_NONE, firmware, ram(guest));

        Item acpi = plan.acpiTables().orElseThrow();
        Item smbios = plan.smbiosTables().orElseThrow();
        assertEquals(new Item("ACPI tables", 0x17_4000, 4), acpi);
        assertEquals(new Item("SMBIOS tables", 0x17_5000, 5000), smbios);
        assertEquals(0x17_7000, plan.startInfoAddress());
        assertEquals(1, startInfo(plan).modules().size());
        assertArrayEquals(TestKernels.code(5000), loaded(plan).read(smbios.address(), 5000));
    }

    @ParameterizedTest
    @ValueSource(longs = {256, 512})
    void exactlyTheAnnouncedFramesAreWrittenToAndNoneInTheVgaHole(long memory) {
        HvmImagePlan plan = plan(guest(memory, 512, STDVGA_16));

        TreeSet<Long> frames = new TreeSet<>();
        plan.ramFrames().forEach(range -> LongStream.of(range.gfns()).forEach(frames::add));
        assertEquals(loaded(plan).touchedFrames(), frames);
        assertTrue(frames.subSet(0xa0L, 0xc0L).isEmpty());
    }

    @Test
    void inPodModeZerosTakeNoPagesFromTheCache() {
        // Of the loader's 52 pages 9 are zero memory behind the file and one is zero in the file.
        assertEquals(1 + 42 + 64 + 1, pages(plan(guest(256, 512, VGA_NONE))));
        assertEquals(1 + 52 + 64 + 1, pages(plan(guest(512, 512, VGA_NONE))));
    }

    @Test
    void theMemoryMapLeavesTheLowMegabyteToHvmloader() {
        assertEquals(
                List.of(new MemoryMapEntry(0x10_0000, 0x1ef0_0000, Type.RAM)),
                plan(guest(256, 512, STDVGA_16)).memoryMap());
    }

    @Test
    void aLargerHoleForDevicesMovesRamBehindFourGiB() {
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.of(Vga.NONE))
                .mmioHole(KiB.of(3L << 20))
                .build();
        DomainConfig guest = guest(2048, 2048, machine);

        HvmImagePlan plan = HvmImagePlan.of(guest, machine, TestFirmware.plain(), ram(guest));

        assertEquals(
                List.of(
                        new MemoryMapEntry(0x10_0000, (1L << 30) - 0x10_0000, Type.RAM),
                        new MemoryMapEntry(GuestLayout.FOUR_GIB, 1L << 30, Type.RAM)),
                plan.memoryMap());
    }

    @Test
    void firmwareThatDoesNotFitIsRefusedWithBothNumbers() {
        KernelImageException e = assertThrows(KernelImageException.class, () -> plan(guest(1, 1, VGA_NONE)));
        assertEquals(
                "hvmloader and BIOS reach up to 1.45 MiB, but the guest's memory below 4 GiB ends at 1 MiB:"
                        + " raise maxmem, or take smaller files",
                e.getMessage());
    }

    @Test
    void firmwareThatTakesMoreThanTheGuestBootsWithIsRefused() {
        DomainConfig guest = guest(2, 512, VGA_NONE);
        HvmFirmware large = new HvmFirmware(
                TestFirmware.loader(), TestFirmware.data(new byte[4 << 20]), Optional.empty(), Optional.empty());

        KernelImageException e =
                assertThrows(KernelImageException.class, () -> HvmImagePlan.of(guest, ovmf(), large, ram(guest)));
        assertTrue(e.getMessage().contains("boots with memory=1.88 MiB"), e.getMessage());
    }

    @Test
    void aSeaBiosThatDoesNotFitBelowOneMebibyteIsRefusedAndAnOvmfIsNot() {
        DomainConfig guest = guest(256, 256, VGA_NONE);
        HvmFirmware large = new HvmFirmware(
                TestFirmware.loader(), TestFirmware.data(new byte[0x4_0001]), Optional.empty(), Optional.empty());

        KernelImageException e =
                assertThrows(KernelImageException.class, () -> HvmImagePlan.of(guest, VGA_NONE, large, ram(guest)));
        assertTrue(e.getMessage().contains("262145 bytes"), e.getMessage());
        assertFalse(HvmImagePlan.of(guest, ovmf(), large, ram(guest)).items().isEmpty());
    }

    private static HvmConfig machine(GraphicsConfig graphics) {
        return HvmConfig.builder().graphics(graphics).build();
    }

    private static HvmConfig ovmf() {
        Optional<Path> none = Optional.empty();
        return HvmConfig.builder()
                .firmware(new Firmware(Bios.OVMF, none, none, none, none))
                .build();
    }

    private static DomainConfig guest(long memoryMib, long maxMemoryMib, HvmConfig machine) {
        return DomainConfig.builder("guest")
                .type(DomainType.HVM)
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .hvm(machine)
                .build();
    }

    private static RamBounds ram(DomainConfig guest) {
        MemoryPlan memory = MemoryPlan.hvm(guest, guest.hvm().orElseThrow(), PodPolicy.standard());
        return new RamBounds(memory.layout(), memory.shape().ram());
    }

    private static HvmImagePlan plan(DomainConfig guest) {
        return HvmImagePlan.of(guest, guest.hvm().orElseThrow(), TestFirmware.plain(), ram(guest));
    }

    private static ByteArrayMemory loaded(HvmImagePlan plan) {
        ByteArrayMemory memory = new ByteArrayMemory(0);
        plan.loadInto(memory);
        return memory;
    }

    private static DecodedStartInfo startInfo(HvmImagePlan plan) {
        return new DecodedStartInfo(loaded(plan).read(plan.startInfoAddress(), 4096), plan.startInfoAddress());
    }

    private static byte[] infoTable(HvmImagePlan plan) {
        return loaded(plan).read(INFO_TABLE, 48);
    }

    private static long pages(HvmImagePlan plan) {
        return plan.ramFrames().stream()
                .map(PageRange::pages)
                .mapToLong(Pages::count)
                .sum();
    }

    private static int sum(byte[] bytes) {
        int sum = 0;
        for (byte each : bytes) {
            sum += each;
        }
        return sum;
    }
}
