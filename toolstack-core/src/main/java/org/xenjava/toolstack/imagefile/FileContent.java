// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.imagefile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.image.ImageContent;
import org.xenjava.toolstack.image.ImageReader;

/**
 * The content of a file at the time when this object was made. A file that has changed since is refused when it is
 * opened. The file is open only while a reader uses it.
 *
 * @param what kind of file, such as {@code kernel}
 * @param path of the file
 * @param version of the content
 */
record FileContent(String what, Path path, FileVersion version) implements ImageContent {
    private static final int DIRECT_READ = 1 << 20;
    private static final int HEAP_READ = 64 << 10;

    static FileContent of(String what, Path path) {
        return new FileContent(what, path, FileVersion.of(nameOf(what, path), path));
    }

    private static String nameOf(String what, Path path) {
        return what + " " + path;
    }

    @Override
    public String name() {
        return nameOf(what, path);
    }

    @Override
    public long length() {
        return version.size();
    }

    @Override
    public ImageReader open() {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            Reader reader = new Reader(channel);
            boolean unchanged = false;
            try {
                reader.requireUnchanged();
                unchanged = true;
                return reader;
            } finally {
                if (!unchanged) {
                    reader.close();
                }
            }
        } catch (NoSuchFileException e) {
            throw new KernelImageException(name() + ": the file was removed during its use", e);
        } catch (IOException e) {
            throw FileVersion.unreadable(name(), e);
        }
    }

    private final class Reader implements ImageReader {
        private final FileChannel channel;

        private Reader(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void read(long offset, ByteBuffer into) {
            try {
                readFully(channel, offset, into, name());
            } catch (IOException e) {
                throw failed(name(), e);
            }
        }

        @Override
        public void requireUnchanged() {
            if (!FileVersion.of(name(), path).equals(version)) {
                throw new KernelImageException(name() + ": the file was changed during its use; try again");
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw FileVersion.unreadable(name(), e);
            }
        }
    }

    /** The exception for a read that was interrupted or has failed. */
    static ToolstackException failed(String name, IOException e) {
        return e instanceof ClosedChannelException
                ? new OperationCancelledException(name + ": the thread was interrupted while it read", e)
                : FileVersion.unreadable(name, e);
    }

    /**
     * Fills the rest of a buffer, in small reads: for a buffer on the heap, the JDK keeps native memory of the size of
     * one read for each thread.
     */
    static void readFully(FileChannel channel, long offset, ByteBuffer into, String name) throws IOException {
        int end = into.limit();
        int most = into.isDirect() ? DIRECT_READ : HEAP_READ;
        long at = offset;
        while (into.position() < end) {
            into.limit(Math.min(end, into.position() + most));
            int read = read(channel, at, into);
            if (read < 0) {
                throw new KernelImageException(
                        name + ": it ends at byte " + at + "; the file was truncated while it was read");
            }
            at += read;
        }
    }

    /**
     * Reads once. File systems without a page cache, such as 9p, pin the pages that they read into; a guest's pages
     * cannot be pinned, and the kernel answers EFAULT.
     */
    private static int read(FileChannel channel, long offset, ByteBuffer into) throws IOException {
        try {
            return channel.read(into, offset);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            if (!into.isDirect()) {
                throw e;
            }
            return readThroughHeap(channel, offset, into);
        }
    }

    private static int readThroughHeap(FileChannel channel, long offset, ByteBuffer into) throws IOException {
        ByteBuffer copy = ByteBuffer.allocate(Math.min(into.remaining(), HEAP_READ));
        int read = channel.read(copy, offset);
        into.put(copy.flip());
        return read;
    }
}
