// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.GuestMemory;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.RamBounds;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The cost of a build with a kernel of 64 MiB, in bytes and calls, which are the same on every machine. */
class ImageCostTest {
    private static final int MIB = 1 << 20;
    private static final int KERNEL_MIB = 64;
    private static final RamBounds POPULATE_ON_DEMAND =
            new RamBounds(GuestLayout.pvh(Pages.of(0x2_0000)), Pages.of(0x1_0000));

    @TempDir
    private Path directory;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /**
     * The cost of one build.
     *
     * @param heap bytes allocated on the heap
     * @param direct bytes that stay allocated outside of the heap
     * @param read bytes read from files
     * @param mapped pages of the guest mapped
     * @param mappings of the guest
     */
    private record Cost(long heap, long direct, long read, long mapped, int mappings) {}

    @Test
    void aKernelOf64MebibytesIsCopiedOnceAndNotHeldOnTheHeap() throws IOException {
        Path kernel = Files.write(directory.resolve("vmlinux"), TestKernels.large(KERNEL_MIB * MIB));
        try (ImageFiles images = new ImageFiles()) {
            build(images, Files.write(directory.resolve("small"), TestKernels.linux()));
            Cost first = build(images, kernel);
            Cost second = build(images, kernel);

            assertBelow(2, first.heap, "heap of the first build");
            assertBelow(1, second.heap, "heap of the second build");
            assertBelow(1, first.direct + second.direct, "memory outside of the heap");
            assertBelow(2 * KERNEL_MIB + 1, first.read, "read by the first build, which also looks for zeros");
            assertBelow(KERNEL_MIB + 1, second.read, "read by the second build");
            assertEquals(KERNEL_MIB * MIB / Pages.BYTES + 1, first.mapped, "pages of kernel and start info");
            assertEquals(2, first.mappings, "one of the kernel, one of the start info");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xz", "zst"})
    void aCompressedKernelOf64MebibytesIsUnpackedInALittleMemoryWhateverItsDictionary(String suffix)
            throws IOException {
        Path kernel = Files.write(directory.resolve("vmlinuz"), TestKernels.largeCompressed(suffix));
        try (ImageFiles images = new ImageFiles(directory, KERNEL_MIB * MIB)) {
            Cost first = build(images, kernel);
            Cost second = build(images, kernel);

            assertBelow(16, first.heap + first.direct, "heap of the first build and memory outside of it");
            assertBelow(1, second.heap, "heap of the second build");
            assertEquals(2, first.mappings, "one of the kernel, one of the start info");
            assertEquals(1, images.unpackings());
        }
    }

    @Test
    void halfOfAKernelThatIsZeroIsNeitherMappedNorWritten() throws IOException {
        byte[] content = TestKernels.large(KERNEL_MIB * MIB);
        java.util.Arrays.fill(content, 16 * MIB, 48 * MIB, (byte) 0);
        Path kernel = Files.write(directory.resolve("vmlinux"), content);
        try (ImageFiles images = new ImageFiles()) {
            Cost cost = build(images, kernel);

            assertTrue(cost.mapped <= 32 * MIB / Pages.BYTES + 3, cost.toString());
        }
    }

    @Test
    void aGzipBombIsRefusedWithoutTakingMemory() throws IOException {
        Path bomb = directory.resolve("bomb.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
            byte[] zeros = new byte[MIB];
            for (int i = 0; i < 510; i++) {
                out.write(zeros);
            }
        }
        try (ImageFiles images = new ImageFiles(directory, MIB)) {
            long before = threads.getCurrentThreadAllocatedBytes();
            KernelImageException small =
                    assertThrows(KernelImageException.class, () -> images.kernel(bomb, 256L * MIB));
            KernelImageException large =
                    assertThrows(KernelImageException.class, () -> images.kernel(bomb, 1024L * MIB));
            long heap = threads.getCurrentThreadAllocatedBytes() - before;

            assertBelow(8, heap, "heap of two refusals");
            assertTrue(small.getMessage().contains("more than 256 MiB"), small.getMessage());
            assertTrue(large.getMessage().contains("neither an ELF file nor a bzImage"), large.getMessage());
        }
    }

    private Cost build(ImageFiles images, Path kernel) throws IOException {
        CountingMemory memory = new CountingMemory();
        long heap = threads.getCurrentThreadAllocatedBytes();
        long direct = direct();
        long read = bytesRead();
        PvhImagePlan.of(images.kernel(kernel, 512L * MIB), Optional.empty(), "", 1, POPULATE_ON_DEMAND)
                .loadInto(memory);
        return new Cost(
                threads.getCurrentThreadAllocatedBytes() - heap,
                direct() - direct,
                bytesRead() - read,
                memory.pages,
                memory.mappings);
    }

    private static void assertBelow(int mebibytes, long bytes, String what) {
        assertTrue(bytes < (long) mebibytes * MIB, what + ": " + bytes + " bytes");
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static long bytesRead() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/thread-self/io"))) {
            return lines.filter(line -> line.startsWith("rchar: "))
                    .mapToLong(line -> Long.parseLong(line.substring("rchar: ".length())))
                    .sum();
        }
    }

    /** Guest memory outside of the heap, as a mapping of real pages is. */
    private static final class CountingMemory implements GuestMemory {
        private static final ByteBuffer PAGES = ByteBuffer.allocateDirect(MAX_PAGES * Pages.BYTES);

        private long pages;
        private int mappings;

        @Override
        public void write(long[] gfns, Consumer<ByteBuffer> writer) {
            pages += gfns.length;
            mappings++;
            writer.accept(PAGES.slice(0, gfns.length * Pages.BYTES));
        }
    }
}
