// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.image.GuestMemory;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.image.PvhImagePlan;
import org.xenjava.toolstack.image.PvhKernel;
import org.xenjava.toolstack.image.RamBounds;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.xenctrl.units.Pages;

class ImageFilesTest {
    private static final long ROOM = 256L << 20;
    private static final RamBounds RAM = new RamBounds(GuestLayout.pvh(Pages.of(0x1_0000)), Pages.of(0x1_0000));

    @TempDir
    private Path directory;

    private Path scratch = Path.of("");
    private Optional<ImageFiles> opened = Optional.empty();

    @BeforeEach
    void openImages() throws IOException {
        scratch = Files.createDirectory(directory.resolve("scratch"));
        opened = Optional.of(new ImageFiles(scratch, 1 << 20));
    }

    @AfterEach
    void closeImages() {
        images().close();
    }

    private ImageFiles images() {
        return opened.orElseThrow();
    }

    @Test
    void aCompressedKernelIsUnpackedOnceForAllBuilds() throws IOException {
        Path kernel = write("vmlinuz", TestKernels.compressed());

        PvhKernel first = images().kernel(kernel, ROOM);
        PvhKernel second = images().kernel(kernel, ROOM);
        Loaded one = load(first);
        Loaded two = load(second);

        assertSame(first, second);
        assertEquals(1, images().unpackings());
        assertEquals(one.content, two.content);
        assertEquals(load(images().kernel(write("vmlinux", TestKernels.linux()), ROOM)).content, one.content);
    }

    @Test
    void threadsThatBuildFromOneKernelAtOnceUnpackItOnce() throws Exception {
        Path kernel = write("vmlinuz", TestKernels.compressed());
        ExecutorService threads = Executors.newFixedThreadPool(8);
        CountDownLatch start = new CountDownLatch(1);
        Callable<String> build = () -> {
            start.await();
            return load(images().kernel(kernel, ROOM)).content;
        };
        List<Future<String>> builds = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            builds.add(threads.submit(build));
        }

        start.countDown();

        Set<String> contents = new HashSet<>();
        for (Future<String> each : builds) {
            contents.add(each.get());
        }
        threads.shutdown();
        assertEquals(1, contents.size());
        assertEquals(1, images().unpackings());
    }

    @Test
    void aProcessUnpacksOneKernelAtATimeAndReadsOthersMeanwhile() throws Exception {
        Path packed = write("vmlinuz", TestKernels.compressed());
        Path plain = write("vmlinux", TestKernels.linux());
        CompletableFuture<Throwable> refusal = new CompletableFuture<>();
        Thread waiting = new Thread(() ->
                refusal.complete(assertThrows(OperationCancelledException.class, () -> images().kernel(packed, ROOM))));
        ImageFiles.UNPACKING.lock();
        try {
            waiting.start();
            while (!ImageFiles.UNPACKING.hasQueuedThread(waiting)) {
                Thread.onSpinWait();
            }
            images().kernel(plain, ROOM);
            waiting.interrupt();
            waiting.join();
            assertEquals(
                    "kernel " + packed + ": waiting for another kernel to be unpacked was interrupted",
                    refusal.getNow(new AssertionError("not refused")).getMessage());
            assertEquals(0, images().unpackings());
        } finally {
            ImageFiles.UNPACKING.unlock();
        }
        images().kernel(packed, ROOM);
        assertEquals(1, images().unpackings());
        assertFalse(ImageFiles.UNPACKING.isLocked());
    }

    @Test
    void aFileThatWasChangedIsReadAnew() throws IOException {
        Path kernel = write("vmlinuz", TestKernels.compressed());
        PvhKernel first = images().kernel(kernel, ROOM);

        Files.write(kernel, TestKernels.compressed());

        assertNotSame(first, images().kernel(kernel, ROOM));
        assertEquals(2, images().unpackings());
    }

    @Test
    void aFileThatIsChangedBetweenPlanAndLoadIsRefused() throws IOException {
        Path file = write("vmlinux", TestKernels.linux());
        PvhKernel kernel = images().kernel(file, ROOM);

        Files.write(file, TestKernels.spreadOver(2));

        KernelImageException e = assertThrows(KernelImageException.class, () -> load(kernel));
        assertEquals("kernel " + file + ": the file was changed during its use; try again", e.getMessage());
    }

    @Test
    void aFileThatIsCutWhileItIsCopiedIsRefused() throws IOException {
        Path file = write("vmlinux", TestKernels.spreadOver(3));
        PvhKernel kernel = images().kernel(file, ROOM);
        Loaded memory = new Loaded();
        memory.before = () -> {
            try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
                cut.setLength(5000);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        };

        KernelImageException e =
                assertThrows(KernelImageException.class, () -> plan(kernel).loadInto(memory));

        assertTrue(e.getMessage().contains("the file was truncated while it was read"), e.getMessage());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    }

    @Test
    void aFileThatIsOverwrittenWhileItIsCopiedIsRefused() throws IOException {
        byte[] content = TestKernels.spreadOver(3);
        Path file = write("vmlinux", content);
        PvhKernel kernel = images().kernel(file, ROOM);
        Loaded memory = new Loaded();
        memory.before = () -> write("vmlinux", content);

        KernelImageException e =
                assertThrows(KernelImageException.class, () -> plan(kernel).loadInto(memory));

        assertTrue(e.getMessage().contains("the file was changed during its use"), e.getMessage());
    }

    @Test
    void aKernelThatUnpacksBeyondTheLimitIsOneErrorWithFileAndLimit() throws IOException {
        Path bomb = directory.resolve("bomb.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 65; i++) {
                out.write(zeros);
            }
        }

        KernelImageException e = assertThrows(KernelImageException.class, () -> images().kernel(bomb, 64 << 20));

        assertEquals(
                "kernel " + bomb + ": it unpacks to more than 64 MiB, the most that a kernel may have in this guest:"
                        + " give a smaller kernel, or raise maxmem",
                e.getMessage());
        assertEquals(0, images().bytes());
    }

    @Test
    void aKernelThatWasUnpackedForALargeGuestIsStillTooLargeForASmallOne() throws IOException {
        Path kernel = write("vmlinuz", TestKernels.compressed());
        images().kernel(kernel, ROOM);

        KernelImageException e = assertThrows(KernelImageException.class, () -> images().kernel(kernel, 4096));

        assertTrue(e.getMessage().contains("more than 0.00 MiB"), e.getMessage());
        assertEquals(1, images().unpackings());
    }

    @Test
    void unpackedKernelsAboveTheLimitAreRemovedLeastRecentlyUsedFirst() throws IOException {
        opened = Optional.of(new ImageFiles(scratch, 3 * TestKernels.linux().length));
        for (int i = 0; i < 10; i++) {
            images().kernel(write("vmlinuz" + i, TestKernels.compressed()), ROOM);
            assertTrue(images().bytes() <= 3 * TestKernels.linux().length, images().bytes() + " bytes are kept");
        }
        images().kernel(directory.resolve("vmlinuz9"), ROOM);
        assertEquals(10, images().unpackings());
        images().kernel(directory.resolve("vmlinuz0"), ROOM);
        assertEquals(11, images().unpackings());
    }

    @Test
    void aPlanWhoseKernelWasRemovedUnpacksItAgain() throws IOException {
        opened = Optional.of(new ImageFiles(scratch, 0));
        PvhKernel first = images().kernel(write("vmlinuz0", TestKernels.compressed()), ROOM);
        PvhKernel second = images().kernel(write("vmlinuz1", TestKernels.compressed()), ROOM);

        assertEquals(load(second).content, load(first).content);
        assertEquals(3, images().unpackings());
    }

    @Test
    void anInterruptedThreadDoesNotBreakTheKernelForOthers() throws IOException {
        PvhKernel kernel = images().kernel(write("vmlinuz", TestKernels.compressed()), ROOM);
        Loaded memory = new Loaded();
        memory.before = Thread.currentThread()::interrupt;

        assertThrows(OperationCancelledException.class, () -> plan(kernel).loadInto(memory));

        assertTrue(Thread.interrupted());
        assertFalse(load(kernel).content.isEmpty());
        assertEquals(2, images().unpackings());
    }

    @Test
    void temporaryFilesHaveNoNameAndAreGoneAfterClose() throws IOException {
        images().kernel(write("vmlinuz", TestKernels.compressed()), ROOM);
        try (Stream<Path> files = Files.list(scratch)) {
            assertEquals(List.of(), files.toList());
        }
        assertEquals(1, openScratchFiles());

        images().close();

        assertEquals(0, openScratchFiles());
        assertThrows(OperationCancelledException.class, () -> images().kernel(directory.resolve("vmlinuz"), ROOM));
    }

    @Test
    void aBuildLeavesNoFileOpenAndNoneMapped() throws IOException {
        Path kernel = write("vmlinux", TestKernels.linux());

        load(images().kernel(kernel, ROOM));

        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            assertFalse(descriptors.anyMatch(descriptor -> target(descriptor).contains("vmlinux")));
        }
        assertFalse(Files.readString(Path.of("/proc/self/maps")).contains("vmlinux"));
    }

    @Test
    void aSpecialFileIsRefusedWithAReason() throws IOException {
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("nowhere"));
        assertRefused(directory, ": it is a directory");
        assertRefused(Path.of("/dev/zero"), ": it is not a regular file");
        assertRefused(directory.resolve("missing"), ": the file does not exist");
        assertRefused(dangling, ": the link's target does not exist");
        assertRefused(directory.resolve("x".repeat(300)), ": it cannot be read: ");
    }

    @Test
    void anEmptyFileIsRefused() throws IOException {
        Path empty = write("initrd", new byte[0]);

        KernelImageException e = assertThrows(KernelImageException.class, () -> images().data("ramdisk", empty));

        assertEquals("ramdisk " + empty + ": the file is empty", e.getMessage());
    }

    @Test
    void aDirectoryWithoutRoomIsOneErrorThatNamesIt() throws IOException {
        opened = Optional.of(new ImageFiles(directory.resolve("missing"), 0));
        Path kernel = write("vmlinuz", TestKernels.compressed());

        KernelImageException e = assertThrows(KernelImageException.class, () -> images().kernel(kernel, ROOM));

        assertTrue(e.getMessage().contains("cannot be unpacked in " + directory.resolve("missing")), e.getMessage());
    }

    private void assertRefused(Path file, String complaint) {
        KernelImageException e = assertThrows(KernelImageException.class, () -> images().kernel(file, ROOM));
        assertTrue(e.getMessage().startsWith("kernel " + file + complaint), e.getMessage());
        assertFalse(e.getMessage().contains("Exception"), e.getMessage());
    }

    private long openScratchFiles() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(descriptor -> target(descriptor).startsWith(scratch.toString()))
                    .count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "";
        }
    }

    private Path write(String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static ImagePlan plan(PvhKernel kernel) {
        return PvhImagePlan.of(kernel, Optional.empty(), "", 1, RAM);
    }

    private static Loaded load(PvhKernel kernel) {
        Loaded memory = new Loaded();
        plan(kernel).loadInto(memory);
        assertTrue(memory.content.length() > 0);
        return memory;
    }

    /** A guest's memory of which the written content is kept as text. */
    private static final class Loaded implements GuestMemory {
        private String content = "";
        private Runnable before = () -> {};

        @Override
        public void write(long[] gfns, Consumer<ByteBuffer> writer) {
            ByteBuffer pages = ByteBuffer.allocate(gfns.length * Pages.BYTES);
            before.run();
            before = () -> {};
            writer.accept(pages);
            content += gfns[0] + ":" + java.util.Arrays.hashCode(pages.array()) + " ";
        }
    }

    @Test
    void zerosAtTheEndOfAnUnpackedKernelAreRead() {
        try (ScratchFile file = ScratchFile.in(scratch, "kernel")) {
            byte[] bytes = new byte[300_000];
            bytes[5] = 7;
            file.append(bytes, 0, bytes.length);
            ByteBuffer read = ByteBuffer.allocate(bytes.length);
            try {
                file.read(0, read);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            assertArrayEquals(bytes, read.array());
        }
    }
}
