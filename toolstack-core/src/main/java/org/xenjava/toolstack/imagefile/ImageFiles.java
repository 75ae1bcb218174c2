// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.image.DataImage;
import org.xenjava.toolstack.image.HvmLoader;
import org.xenjava.toolstack.image.ImageContent;
import org.xenjava.toolstack.image.ImageReader;
import org.xenjava.toolstack.image.KernelUnpacker;
import org.xenjava.toolstack.image.PvKernel;
import org.xenjava.toolstack.image.PvhKernel;

/**
 * Reads kernels, ramdisks and firmware, and caches the results for the next build: the headers, the list of zero
 * pages, and the ELF file of a compressed kernel, in a temporary file. A file is recognized by its device, inode,
 * size and times. Threads that build from one compressed kernel at the same time unpack it once. A process unpacks one kernel
 * at a time.
 *
 * <p>The heap holds only the headers of a file and a bit for each page. The size of all temporary files is limited;
 * the least recently used file is removed first. The class is safe to use from many threads.
 *
 * <pre>{@code
 * try (ImageFiles images = new ImageFiles()) {
 *     PvhKernel kernel = images.kernel(Path.of("/boot/vmlinuz"), 512L << 20);
 * }
 * }</pre>
 */
public final class ImageFiles implements AutoCloseable {
    /** Limit of the cached unpacked kernels in bytes: four or five kernels of distributions. */
    private static final long DEFAULT_BYTES = 256L << 20;

    /** The limit of an unpacked kernel; the largest kernels of distributions have about 100 MiB. */
    private static final long MAX_UNPACKED_BYTES = 512L << 20;

    /** The number of files whose headers and zero pages are cached; each takes some kilobytes. */
    private static final int MAX_FILES = 64;

    private static final int ATTEMPTS = 3;

    /** Held while a kernel is unpacked: unpacking takes up to 16 MiB of the heap, which all toolstacks of a process share. */
    static final ReentrantLock UNPACKING = new ReentrantLock();

    private static final ImageFiles OF_PROCESS = new ImageFiles();

    private final Path scratchDirectory;
    private final long maxBytes;
    private final Map<FileVersion, KnownFile> files = new LinkedHashMap<>(16, 0.75f, true);
    private final AtomicLong unpackings = new AtomicLong();
    private boolean closed;

    /** {@return the reader that toolstacks of this process share; it is never closed} */
    public static ImageFiles ofProcess() {
        return OF_PROCESS;
    }

    /** Creates a reader that caches unpacked kernels in Java's directory for temporary files. */
    public ImageFiles() {
        this(Path.of(System.getProperty("java.io.tmpdir")), DEFAULT_BYTES);
    }

    /**
     * Creates a reader that caches unpacked kernels in a directory.
     *
     * @param maxBytes limit of the unpacked content that no build uses; the last kernel always stays
     */
    public ImageFiles(Path scratchDirectory, long maxBytes) {
        this.scratchDirectory = scratchDirectory;
        this.maxBytes = maxBytes;
    }

    /** The parsed headers of one file, and its unpacked content. */
    private static final class KnownFile {
        private final Map<Class<?>, Object> parsed = new ConcurrentHashMap<>();
        /** Held by the thread that unpacks the kernel; others wait. */
        private final Object unpacking = new Object();

        private Optional<ScratchFile> unpacked = Optional.empty();

        private synchronized Optional<ScratchFile> retained() {
            return unpacked.filter(ScratchFile::retain);
        }

        private synchronized void keep(ScratchFile scratch) {
            unpacked.ifPresent(ScratchFile::close);
            unpacked = Optional.of(scratch);
        }

        private synchronized long bytes() {
            return unpacked.map(ScratchFile::length).orElse(0L);
        }

        private synchronized void forget() {
            unpacked.ifPresent(ScratchFile::close);
            unpacked = Optional.empty();
        }

        private <T> T parsed(Class<T> type, Supplier<T> parser) {
            return type.cast(parsed.computeIfAbsent(type, unused -> parser.get()));
        }
    }

    /**
     * A kernel for a PVH guest.
     *
     * @param maxBytesInGuest limit of a kernel's size in the guest; a compressed kernel is not unpacked beyond it
     * @throws KernelImageException if the file is missing, unreadable, damaged, too large or cannot be booted
     */
    public PvhKernel kernel(Path path, long maxBytesInGuest) {
        return kernel(path, maxBytesInGuest, PvhKernel.class, PvhKernel::parse);
    }

    /**
     * A kernel for a PV guest.
     *
     * @param maxBytesInGuest limit of a kernel's size in the guest; a compressed kernel is not unpacked beyond it
     * @throws KernelImageException if the file is missing, unreadable, damaged, too large or cannot be booted
     */
    public PvKernel pvKernel(Path path, long maxBytesInGuest) {
        return kernel(path, maxBytesInGuest, PvKernel.class, PvKernel::parse);
    }

    private <T> T kernel(Path path, long maxBytesInGuest, Class<T> type, Function<ImageContent, T> parser) {
        FileContent file = FileContent.of("kernel", path);
        long limit = Math.min(maxBytesInGuest, MAX_UNPACKED_BYTES);
        Optional<ScratchFile> scratch = unpacked(file, limit);
        try {
            ImageContent elf = scratch.<ImageContent>map(unpacked -> new Unpacked(file, limit, unpacked.length()))
                    .orElse(file);
            return known(file).parsed(type, () -> parser.apply(elf));
        } finally {
            scratch.ifPresent(ScratchFile::close);
            trim();
        }
    }

    /**
     * An hvmloader.
     *
     * @throws KernelImageException if the file is missing, unreadable, damaged or no hvmloader
     */
    public HvmLoader loader(Path path) {
        FileContent file = FileContent.of("firmware", path);
        return known(file).parsed(HvmLoader.class, () -> HvmLoader.parse(file));
    }

    /**
     * A file that is copied unchanged into the guest's memory.
     *
     * @param what kind of file, for messages
     * @throws KernelImageException if the file is missing, unreadable or empty
     */
    public DataImage data(String what, Path path) {
        FileContent file = FileContent.of(what, path);
        return known(file).parsed(DataImage.class, () -> DataImage.of(file));
    }

    /** {@return the number of kernels unpacked so far} */
    public long unpackings() {
        return unpackings.get();
    }

    /** The size of all unpacked kernels, in bytes. */
    synchronized long bytes() {
        return files.values().stream().mapToLong(KnownFile::bytes).sum();
    }

    private synchronized KnownFile known(FileContent file) {
        if (closed) {
            throw new OperationCancelledException(file.name() + ": the toolstack was closed during its use");
        }
        return files.computeIfAbsent(file.version(), unused -> new KnownFile());
    }

    /** The content of a compressed kernel, retained for the caller; empty if the file is not compressed. */
    private Optional<ScratchFile> unpacked(FileContent file, long limit) {
        KnownFile known = known(file);
        synchronized (known.unpacking) {
            Optional<ScratchFile> kept = known.retained();
            if (kept.isEmpty()) {
                unpack(file, limit).ifPresent(scratch -> {
                    unpackings.incrementAndGet();
                    known.keep(scratch);
                });
                kept = known.retained();
            }
            kept.filter(scratch -> scratch.length() > limit).ifPresent(scratch -> {
                scratch.close();
                throw KernelUnpacker.tooLarge(file.name(), limit);
            });
            return kept;
        }
    }

    /** Waits for its turn once there is something to unpack: a file that is not compressed needs none. */
    private Optional<ScratchFile> unpack(FileContent file, long limit) {
        try (Turn turn = new Turn()) {
            return KernelUnpacker.unpack(file, limit, () -> {
                turn.await(file);
                return ScratchFile.in(scratchDirectory, file.name());
            });
        }
    }

    /** The turn of one kernel to be unpacked, which may be packed twice. */
    private static final class Turn implements AutoCloseable {
        private boolean taken;

        private void await(FileContent file) {
            if (!taken) {
                try {
                    UNPACKING.lockInterruptibly();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new OperationCancelledException(
                            file.name() + ": waiting for another kernel to be unpacked was interrupted", e);
                }
                taken = true;
            }
        }

        @Override
        public void close() {
            if (taken) {
                UNPACKING.unlock();
            }
        }
    }

    /** Removes the least recently used content above the limit. Present readers can finish. */
    private synchronized void trim() {
        Iterator<KnownFile> eldest = files.values().iterator();
        while (files.size() > 1 && (files.size() > MAX_FILES || bytes() > maxBytes)) {
            KnownFile file = eldest.next();
            eldest.remove();
            file.forget();
        }
    }

    /** Removes the temporary files. Nothing can be read afterwards. */
    @Override
    public synchronized void close() {
        closed = true;
        files.values().forEach(KnownFile::forget);
        files.clear();
    }

    /** The content of a compressed kernel, which is unpacked again if it was removed from the cache. */
    private final class Unpacked implements ImageContent {
        private final FileContent file;
        private final long limit;
        private final long length;

        private Unpacked(FileContent file, long limit, long length) {
            this.file = file;
            this.limit = limit;
            this.length = length;
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public ImageReader open() {
            return new Reader(this);
        }

        private ScratchFile acquire() {
            return unpacked(file, limit)
                    .orElseThrow(() ->
                            new KernelImageException(name() + ": the file was changed during its use; try again"));
        }
    }

    private static final class Reader implements ImageReader {
        private final Unpacked content;
        private ScratchFile scratch;

        private Reader(Unpacked content) {
            this.content = content;
            this.scratch = content.acquire();
        }

        @Override
        public void read(long offset, ByteBuffer into) {
            int start = into.position();
            int end = into.limit();
            for (int attempt = 1; ; attempt++) {
                try {
                    scratch.read(offset, into);
                    return;
                } catch (ClosedChannelException e) {
                    if (Thread.currentThread().isInterrupted() || attempt == ATTEMPTS) {
                        throw FileContent.failed(content.name(), e);
                    }
                    // An interrupt of another reader has closed the file for all.
                    into.limit(end).position(start);
                    scratch.close();
                    scratch = content.acquire();
                } catch (IOException e) {
                    throw FileContent.failed(content.name(), e);
                }
            }
        }

        @Override
        public void requireUnchanged() {
            // The version of the file was checked when it was unpacked.
        }

        @Override
        public void close() {
            scratch.close();
        }
    }
}
