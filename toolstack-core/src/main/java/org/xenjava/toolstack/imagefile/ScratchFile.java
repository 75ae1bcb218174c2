// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.ImageContent;
import org.xenjava.toolstack.image.ImageReader;
import org.xenjava.toolstack.image.KernelUnpacker;

/**
 * A temporary file with the content of a compressed kernel. The file has no name, so it disappears with the process,
 * and only this user can access it. Runs of zeros take no space. Many threads can read the content at the same time.
 */
final class ScratchFile implements KernelUnpacker.Scratch {
    private static final int HOLE_BYTES = 64 << 10;
    private static final byte[] ZEROS = new byte[HOLE_BYTES];

    private static final Set<OpenOption> NEW_AND_NAMELESS = Set.of(
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE,
            StandardOpenOption.DELETE_ON_CLOSE,
            LinkOption.NOFOLLOW_LINKS);

    private final String name;
    private final FileChannel channel;
    private long length;
    private int users = 1;
    private boolean isMapped;

    private ScratchFile(String name, FileChannel channel) {
        this.name = name;
        this.channel = channel;
    }

    /**
     * Creates an empty file.
     *
     * @param name name of the kernel, for messages
     */
    static ScratchFile in(Path directory, String name) {
        Path file = directory.resolve("kernel-" + UUID.randomUUID());
        try {
            FileChannel channel = FileChannel.open(
                    file,
                    NEW_AND_NAMELESS,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            return new ScratchFile(name, channel);
        } catch (IOException e) {
            throw new KernelImageException(name + ": it cannot be unpacked in " + directory + ": " + e.getMessage(), e);
        }
    }

    @Override
    public OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int b) {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int count) {
                append(bytes, offset, count);
            }
        };
    }

    void append(byte[] bytes, int offset, int count) {
        try {
            for (int done = 0; done < count; ) {
                int part = Math.min(count - done, HOLE_BYTES);
                int from = offset + done;
                if (!Arrays.equals(bytes, from, from + part, ZEROS, 0, part)) {
                    writeFully(ByteBuffer.wrap(bytes, from, part));
                }
                length += part;
                done += part;
            }
        } catch (IOException e) {
            throw new KernelImageException(name + ": it cannot be unpacked: " + e.getMessage(), e);
        }
    }

    /**
     * A mapping of the file. All blocks of the file are allocated first, because a write to a mapping on a full disk
     * ends without an exception. The garbage collector ends the mapping; {@link #close()} frees the blocks.
     */
    @Override
    public ByteBuffer room(int bytes) {
        try {
            for (long left = bytes; left > 0; left -= HOLE_BYTES) {
                writeFully(ByteBuffer.wrap(ZEROS, 0, (int) Math.min(left, HOLE_BYTES)));
                length += Math.min(left, HOLE_BYTES);
            }
            isMapped = true;
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes);
        } catch (IOException e) {
            throw new KernelImageException(name + ": it cannot be unpacked: " + e.getMessage(), e);
        }
    }

    private void writeFully(ByteBuffer bytes) throws IOException {
        long at = length;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    @Override
    public ImageContent content() {
        return new Content();
    }

    long length() {
        return length;
    }

    /** Adds a user. Returns false if the last user has ended, or if a thread's interrupt has closed the file. */
    synchronized boolean retain() {
        if (users == 0 || !channel.isOpen()) {
            return false;
        }
        users++;
        return true;
    }

    /** Removes a user. The last one closes the file. */
    @Override
    public synchronized void close() {
        if (users > 0 && --users == 0) {
            try {
                if (isMapped && channel.isOpen()) {
                    channel.truncate(0);
                }
                channel.close();
            } catch (IOException e) {
                throw FileVersion.unreadable(name, e);
            }
        }
    }

    /**
     * Fills the rest of a buffer.
     *
     * @throws ClosedChannelException if this thread or another one was interrupted while it read; the JDK then closes
     *     the file, and the content is lost for all
     */
    void read(long offset, ByteBuffer into) throws IOException {
        int end = into.limit();
        // Zeros at the end may be missing in the file.
        int stored = (int) Math.max(0, Math.min(into.remaining(), channel.size() - offset));
        FileContent.readFully(channel, offset, into.limit(into.position() + stored), name);
        into.limit(end);
        while (into.hasRemaining()) {
            into.put(ZEROS, 0, Math.min(into.remaining(), ZEROS.length));
        }
    }

    /** The content, for the thread that unpacks it. */
    private final class Content implements ImageContent {
        @Override
        public String name() {
            return name;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public ImageReader open() {
            return new ImageReader() {
                @Override
                public void read(long offset, ByteBuffer into) {
                    try {
                        ScratchFile.this.read(offset, into);
                    } catch (IOException e) {
                        throw FileContent.failed(name, e);
                    }
                }

                @Override
                public void requireUnchanged() {
                    // A file without a name cannot be opened by others.
                }

                @Override
                public void close() {
                    // The owner of the file closes it.
                }
            };
        }
    }
}
