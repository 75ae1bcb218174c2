// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;
import org.xenjava.toolstack.xenctrl.units.Pages;

class PvhImagePlanTest {
    private static final long MIB = 1 << 20;
    private static final long FOUR_GIB = 1L << 32;
    private static final RamBounds POD_256_512 = ram(512 * MIB, 256 * MIB);
    private static final RamBounds ALL_512 = ram(512 * MIB, 512 * MIB);

    /** The guest of the recording: see {@code recorded/README.md}. */
    private static final int RECORDED_RAMDISK_BYTES = 0x1e4610;

    private static final long RECORDED_START_INFO = 0x4a0_0000;

    @Test
    void theStartInfoEqualsTheRecordedOneOfLibxl() {
        PvhImagePlan plan = PvhImagePlan.of(
                debianKernel(),
                Optional.of(TestFirmware.data(new byte[RECORDED_RAMDISK_BYTES])),
                "console=hvc0 quiet",
                1,
                POD_256_512);
        DecodedStartInfo libxl = new DecodedStartInfo(Resources.recorded("start-info.hex"), RECORDED_START_INFO);

        assertEquals(RECORDED_START_INFO, plan.startInfoAddress());
        DecodedStartInfo ours = startInfo(plan);
        assertEquals(libxl.commandLine(), ours.commandLine());
        assertEquals(libxl.modules(), ours.modules());
        assertEquals(exceptAcpi(libxl.memoryMap()), exceptAcpi(ours.memoryMap()));
    }

    @Test
    void highMemoryIsMappedAsLibxlMappedTheRecordedGuests() {
        RamBounds ram = ram(4096 * MIB, 512 * MIB);
        PvhImagePlan plan = PvhImagePlan.of(debianKernel(), Optional.empty(), "", 1, ram);
        DecodedStartInfo libxl =
                new DecodedStartInfo(Resources.recorded("start-info-high-memory.hex"), RECORDED_START_INFO);

        assertEquals(exceptAcpi(libxl.memoryMap()), exceptAcpi(plan.memoryMap()));
        assertEquals(plan.memoryMap(), startInfo(plan).memoryMap());
        assertEquals(
                new MemoryMapEntry(FOUR_GIB, 64 * MIB, Type.RAM),
                plan.memoryMap().get(plan.memoryMap().size() - 1));
    }

    @Test
    void theAcpiTablesLieWhereTheMemoryMapSaysAndTheStartInfoPoints() {
        PvhImagePlan plan = plan(Optional.empty(), ALL_512);
        ByteArrayMemory memory = new ByteArrayMemory(0xc2);
        plan.loadAcpiInto(memory);

        assertTrue(plan.memoryMap().contains(new MemoryMapEntry(0xFC00_0000L, 4096, Type.ACPI)));
        assertEquals(new TreeSet<>(List.of(0xFC000L)), memory.touchedFrames());
        assertEquals(new PageRange(0xFC000, Pages.of(1)), plan.acpiFrames());
        assertEquals(plan.rsdpAddress(), startInfo(plan).rsdp());
        assertEquals("RSD PTR ", ascii(memory.read(plan.rsdpAddress(), 8)));
    }

    @Test
    void aKernelThatSearchesBelow1MiBFindsTheRsdpThere() {
        PvhImagePlan plan = PvhImagePlan.of(oldLinux(0x100_0000), Optional.empty(), "", 2, ALL_512);
        ByteArrayMemory memory = new ByteArrayMemory(0xc2);
        plan.loadInto(memory);
        plan.loadAcpiInto(memory);

        assertEquals(0xFFFC0, plan.rsdpAddress());
        assertEquals(0xFFFC0, startInfo(plan).rsdp());
        assertArrayEquals(memory.read(0xFC00_0000L, 36), memory.read(0xFFFC0, 36));
        assertTrue(plan.memoryMap().contains(new MemoryMapEntry(0xFF000, 4096, Type.ACPI)));
    }

    @Test
    void thePlanListsByAddressWhatLiesInRam() {
        PvhImagePlan plan =
                PvhImagePlan.of(oldLinux(0x100_0000), Optional.of(TestFirmware.data(new byte[5000])), "", 1, ALL_512);
        assertEquals(
                List.of("ACPI root pointer", "kernel", "start info", "ramdisk"),
                plan.items().stream().map(ImagePlan.Item::what).toList());
        assertEquals(plan.startInfoAddress(), plan.items().get(2).address());
        assertEquals(5000, plan.items().get(3).bytes());
    }

    @Test
    void aKernelThatLiesOnItsOwnRsdpIsRefused() {
        PvhKernel kernel = oldLinux(0xFE000);

        KernelImageException e = assertThrows(
                KernelImageException.class, () -> PvhImagePlan.of(kernel, Optional.empty(), "", 1, ALL_512));

        assertTrue(e.getMessage().contains("0xfffc0"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exactlyTheAnnouncedFramesAreWrittenTo(boolean populateOnDemand) {
        PvhImagePlan plan =
                plan(Optional.of(TestFirmware.data(new byte[5000])), populateOnDemand ? POD_256_512 : ALL_512);
        ByteArrayMemory memory = new ByteArrayMemory(0);
        plan.loadInto(memory);

        assertEquals(memory.touchedFrames(), frames(plan.ramFrames()));
    }

    @Test
    void inPodModeZerosTakeNoPagesFromTheCache() {
        PvhImagePlan plan = plan(Optional.empty(), POD_256_512);

        assertEquals(
                List.of(new PageRange(0x1000, Pages.of(1)), new PageRange(0x1002, Pages.of(2)), page(0x1006)),
                plan.ramFrames());
    }

    @Test
    void withoutPodZerosAreWrittenBecauseFreshPagesMayHoldAnything() {
        PvhImagePlan plan = plan(Optional.empty(), ALL_512);
        ByteArrayMemory memory = new ByteArrayMemory(0xc2);
        plan.loadInto(memory);

        assertEquals(List.of(new PageRange(0x1000, Pages.of(7))), plan.ramFrames());
        assertArrayEquals(new byte[0x2000], memory.read(TestKernels.START + 0x4000, 0x2000));
    }

    @Test
    void theRamdiskFollowsTheStartInfoUntouched() {
        byte[] ramdisk = TestKernels.gzip(TestKernels.code(9000));
        PvhImagePlan plan = plan(Optional.of(TestFirmware.data(ramdisk)), ALL_512);
        ByteArrayMemory memory = new ByteArrayMemory(0xc2);
        plan.loadInto(memory);

        DecodedStartInfo.Module module = startInfo(plan).modules().get(0);
        assertEquals(plan.startInfoAddress() + 4096, module.address());
        assertArrayEquals(ramdisk, memory.read(module.address(), (int) module.bytes()));
    }

    @Test
    void aCommandLineOfManyPagesMovesTheRamdiskBehindIt() {
        String line = "x".repeat(20_000);
        PvhImagePlan plan = PvhImagePlan.of(
                TestKernels.parse(TestKernels.linux()),
                Optional.of(TestFirmware.data(new byte[] {42})),
                line,
                1,
                ALL_512);
        ByteArrayMemory memory = new ByteArrayMemory(0);
        plan.loadInto(memory);

        DecodedStartInfo seen =
                new DecodedStartInfo(memory.read(plan.startInfoAddress(), 24_000), plan.startInfoAddress());
        assertEquals(line, seen.commandLine());
        assertEquals(42, memory.read(seen.modules().get(0).address(), 1)[0]);
    }

    @Test
    void aKernelLargerThanTheMemoryThatAPodGuestBootsWithIsRefusedWithBothNumbers() {
        RamBounds ram = ram(512 * MIB, 32 * MIB);

        KernelImageException e = assertThrows(
                KernelImageException.class,
                () -> PvhImagePlan.of(
                        debianKernel(), Optional.of(TestFirmware.data(new byte[(int) (2 * MIB)])), "", 1, ram));

        assertEquals(
                "kernel and ramdisk take 60.00 MiB, but the guest boots with memory=32 MiB:"
                        + " raise memory, or take smaller files",
                e.getMessage());
    }

    @Test
    void aKernelThatReachesBeyondTheLowMemoryIsRefusedWithBothNumbers() {
        RamBounds ram = ram(64 * MIB, 64 * MIB);

        KernelImageException e = assertThrows(
                KernelImageException.class, () -> PvhImagePlan.of(debianKernel(), Optional.empty(), "", 1, ram));

        assertTrue(e.getMessage().contains("up to 74.00 MiB"), e.getMessage());
        assertTrue(e.getMessage().contains("ends at 64 MiB"), e.getMessage());
    }

    @Test
    void anImageThatFitsToTheLastByteIsAccepted() {
        long end = TestKernels.START + 0x6000 + 4096 + 4096;
        PvhImagePlan plan = plan(Optional.of(TestFirmware.data(new byte[4096])), ram(end, end));
        assertEquals(0x1008, plan.ramFrames().get(0).endGfn());

        RamBounds less = ram(end - 4096, end - 4096);
        assertThrows(KernelImageException.class, () -> plan(Optional.of(TestFirmware.data(new byte[4096])), less));
    }

    @Test
    void rangesAreCutIntoChunksWithoutLosingAFrame() {
        PageRange range = new PageRange(0x1000, Pages.of(2500));

        List<PageRange> chunks = range.chunks(Pages.of(1024));

        assertEquals(
                List.of(1024L, 1024L, 452L),
                chunks.stream().map(c -> c.pages().count()).toList());
        assertEquals(frames(List.of(range)), frames(chunks));
        assertFalse(chunks.isEmpty());
    }

    private static RamBounds ram(long bytes, long backedBytes) {
        return new RamBounds(GuestLayout.pvh(Pages.holding(bytes)), Pages.holding(backedBytes));
    }

    /** Debian's: one segment stands for its four. */
    private static PvhKernel debianKernel() {
        return TestKernels.parse(ElfBuilder.elf64()
                .load(0x100_0000, TestKernels.code(0x3000), 0x3a0_0000)
                .entry(0x100_0850)
                .build());
    }

    private static PvhKernel oldLinux(long address) {
        return TestKernels.parse(ElfBuilder.elf64()
                .load(address, TestKernels.code(0x3000), 0x3000)
                .note("Xen", ElfBuilder.GUEST_OS, "linux\0".getBytes(StandardCharsets.US_ASCII))
                .entry(address)
                .build());
    }

    private static PvhImagePlan plan(Optional<DataImage> ramdisk, RamBounds ram) {
        return PvhImagePlan.of(TestKernels.parse(TestKernels.linux()), ramdisk, "console=hvc0", 4, ram);
    }

    private static DecodedStartInfo startInfo(PvhImagePlan plan) {
        ByteArrayMemory memory = new ByteArrayMemory(0);
        plan.loadInto(memory);
        return new DecodedStartInfo(memory.read(plan.startInfoAddress(), 4096), plan.startInfoAddress());
    }

    /** ACPI is ours: one page, where libxl has eight and an info page. */
    private static List<MemoryMapEntry> exceptAcpi(List<MemoryMapEntry> map) {
        return map.stream().filter(entry -> entry.type() != Type.ACPI).toList();
    }

    private static PageRange page(long gfn) {
        return new PageRange(gfn, Pages.of(1));
    }

    private static TreeSet<Long> frames(List<PageRange> ranges) {
        TreeSet<Long> frames = new TreeSet<>();
        ranges.forEach(range -> LongStream.of(range.gfns()).forEach(frames::add));
        return frames;
    }

    private static String ascii(byte[] bytes) {
        return new String(Arrays.copyOf(bytes, bytes.length), StandardCharsets.US_ASCII);
    }
}
