// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.fuzz.Fuzz;
import org.xenjava.toolstack.image.pv.MachineFrames;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A damaged kernel or hvmloader is refused with a reason, or loads into the guest's RAM. */
class ImageFuzzTest {
    private static final int RAM_PAGES = 0x2000;
    private static final long MOST_UNPACKED = 8 << 20;

    @Provide
    Arbitrary<byte[]> plainKernels() {
        return Fuzz.damaged(List.of(elf(ElfBuilder.elf64()), elf(ElfBuilder.elf32()), inSection()));
    }

    @Provide
    Arbitrary<byte[]> compressedKernels() {
        byte[] elf = elf(ElfBuilder.elf64());
        return Fuzz.damaged(List.of(
                TestKernels.gzip(elf),
                TestKernels.bzImage(TestKernels.gzip(elf)),
                TestKernels.bzImage(TestKernels.xz(elf)),
                TestKernels.bzImage(TestKernels.zstd(elf)),
                TestKernels.gzip(TestKernels.bzImage(TestKernels.xz(elf)))));
    }

    @Provide
    Arbitrary<byte[]> hvmloaders() {
        return Fuzz.damaged(List.of(TestFirmware.tinyLoader()));
    }

    @Property(seed = "153")
    void kernelsThatAreNotCompressed(@ForAll("plainKernels") byte[] file) {
        Fuzz.attempt(() -> load(file), KernelImageException.class);
    }

    @Property(seed = "153")
    void kernelsThatAreCompressed(@ForAll("compressedKernels") byte[] file) {
        Fuzz.attempt(() -> load(file), KernelImageException.class);
    }

    @Property(seed = "153")
    void hvmloader(@ForAll("hvmloaders") byte[] file) {
        Fuzz.attempt(
                () -> {
                    HvmLoader loader = HvmLoader.parse(ImageContent.of("hvmloader", file));
                    // A loader is loaded only when it fits; see HvmImagePlan.
                    if (loader.end() <= RAM_PAGES * (long) Pages.BYTES) {
                        ByteArrayMemory memory = new ByteArrayMemory(0);
                        new RamContents("hvmloader", loader.segments(), List.of(), RamContents.FreshPages.ZERO)
                                .loadInto(memory);
                    }
                },
                KernelImageException.class);
    }

    @Provide
    Arbitrary<byte[]> pvKernels() {
        return Fuzz.damaged(List.of(TestKernels.pv(), TestKernels.oldPv()));
    }

    @Property(seed = "153")
    void kernelsForPvGuests(@ForAll("pvKernels") byte[] file) {
        Fuzz.attempt(
                () -> {
                    PvKernel kernel = PvKernel.parse(ImageContent.of("kernel", file));
                    KiB memory = Pages.of(RAM_PAGES).toKiB();
                    PvImagePlan plan = PvImagePlan.of(kernel, Optional.empty(), "", memory, memory);
                    ByteArrayMemory loaded = new ByteArrayMemory(0);
                    MachineFrames frames = new MachineFrames();
                    frames.append(1 << 20, RAM_PAGES);
                    plan.loadInto(loaded);
                    plan.loadTablesInto(loaded, frames);
                    assertTrue(loaded.touchedFrames().last() < RAM_PAGES, "written outside of the RAM");
                },
                KernelImageException.class);
    }

    @Example
    void aKernelCutAnywhereIsRefused() {
        byte[] good = elf(ElfBuilder.elf64());
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            org.junit.jupiter.api.Assertions.assertThrows(KernelImageException.class, () -> load(cut));
        }
    }

    private static byte[] elf(ElfBuilder builder) {
        return builder.load(TestKernels.START, TestKernels.code(600), 0x3000)
                .entry(TestKernels.START + 16)
                .build();
    }

    private static byte[] inSection() {
        return ElfBuilder.elf64()
                .load(TestKernels.START, TestKernels.code(600), 0x3000)
                .entry(TestKernels.START + 16)
                .notesInSection()
                .build();
    }

    private static void load(byte[] file) {
        ImageContent content = ImageContent.of("kernel", file);
        PvhKernel kernel = PvhKernel.parse(KernelUnpacker.unpack(content, MOST_UNPACKED, HeapScratch::new)
                .map(HeapScratch::content)
                .orElse(content));
        RamBounds ram = new RamBounds(GuestLayout.pvh(Pages.of(RAM_PAGES)), Pages.of(RAM_PAGES - 1));
        ByteArrayMemory memory = new ByteArrayMemory(0);
        PvhImagePlan.of(kernel, Optional.empty(), "", 1, ram).loadInto(memory);
        assertTrue(memory.touchedFrames().last() < RAM_PAGES, "written outside of the RAM");
    }
}
