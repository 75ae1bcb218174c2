// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * Unpacks the ELF file of a compressed kernel: a {@code vmlinux.gz}, or a bzImage compressed with gzip, xz or zstd,
 * which may itself be compressed with gzip. The caller provides the place for the ELF file, here an array:
 *
 * <pre>{@code
 * Optional<HeapScratch> elf = KernelUnpacker.unpack(file, 512L << 20, HeapScratch::new);
 * PvhKernel kernel = PvhKernel.parse(elf.map(HeapScratch::content).orElse(file));
 * }</pre>
 */
public final class KernelUnpacker {
    private KernelUnpacker() {}

    /** A place for unpacked bytes. */
    public interface Scratch extends AutoCloseable {
        /**
         * Returns the stream to which the bytes are written, in order. A failure to write is a
         * {@link KernelImageException}.
         */
        OutputStream output();

        /**
         * Returns a buffer, used instead of {@link #output()}, for bytes that are written in any order and read back
         * meanwhile.
         *
         * @param bytes the number of bytes that will be written
         */
        ByteBuffer room(int bytes);

        /** The bytes written so far, with the name of the file that they came from. */
        ImageContent content();

        /** Releases the place. */
        @Override
        void close();
    }

    /**
     * Unpacks a kernel.
     *
     * @param limit the largest number of unpacked bytes
     * @param room creates an empty place
     * @return the place with the ELF file; empty if the file is not compressed
     * @throws KernelImageException if the data are damaged, use an unsupported compression, or exceed the limit
     */
    public static <S extends Scratch> Optional<S> unpack(ImageContent file, long limit, Supplier<S> room) {
        try (ImageReader reader = file.open()) {
            ImageBytes bytes = ImageBytes.of(file, reader);
            if (!Compression.of(bytes).equals(Optional.of(Compression.GZIP))) {
                return unpackBzImage(bytes, limit, room);
            }
            S outer = filled(room, into -> Compression.GZIP.expand(bytes, limit, into, room));
            reader.requireUnchanged();
            return unpackInner(outer, limit, room);
        }
    }

    /** The exception for a kernel whose unpacked size exceeds the limit. */
    public static KernelImageException tooLarge(String name, long limit) {
        return new KernelImageException(name + ": it unpacks to more than " + RamBounds.mebibytes(limit)
                + ", the most that a kernel may have in this guest: give a smaller kernel, or raise maxmem");
    }

    /** A {@code vmlinuz.gz} contains a bzImage, a {@code vmlinux.gz} the ELF file. */
    private static <S extends Scratch> Optional<S> unpackInner(S outer, long limit, Supplier<S> room) {
        boolean keepsOuter = false;
        try (ImageReader reader = outer.content().open()) {
            Optional<S> inner = unpackBzImage(ImageBytes.of(outer.content(), reader), limit, room);
            keepsOuter = inner.isEmpty();
            return keepsOuter ? Optional.of(outer) : inner;
        } finally {
            if (!keepsOuter) {
                outer.close();
            }
        }
    }

    private static <S extends Scratch> Optional<S> unpackBzImage(ImageBytes bytes, long limit, Supplier<S> room) {
        return BzImage.matches(bytes)
                ? Optional.of(filled(room, into -> BzImage.expand(bytes, limit, into, room)))
                : Optional.empty();
    }

    private interface Filler {
        void fill(Scratch into);
    }

    private static <S extends Scratch> S filled(Supplier<S> room, Filler filler) {
        S scratch = room.get();
        boolean done = false;
        try {
            filler.fill(scratch);
            done = true;
            return scratch;
        } finally {
            if (!done) {
                scratch.close();
            }
        }
    }
}
