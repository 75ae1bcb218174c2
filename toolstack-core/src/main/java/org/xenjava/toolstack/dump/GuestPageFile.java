// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;

/**
 * Writes the mapped pages of a guest to a file. File systems without a page cache, such as 9p, pin the pages that they
 * write from; a guest's pages cannot be pinned, and the kernel answers EFAULT. Such pages are copied first.
 */
public final class GuestPageFile {
    private static final int COPY_BYTES = 64 << 10;

    private GuestPageFile() {}

    /**
     * Writes all bytes of a buffer.
     *
     * @param file the file
     * @param offset place of the first byte in the file
     * @param bytes the bytes, in a guest's pages or elsewhere
     * @throws IOException if the file cannot be written
     */
    public static void write(FileChannel file, long offset, ByteBuffer bytes) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += writeOnce(file, at, bytes);
        }
    }

    private static int writeOnce(FileChannel file, long offset, ByteBuffer bytes) throws IOException {
        try {
            return file.write(bytes, offset);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            if (!bytes.isDirect()) {
                throw e;
            }
            return writeCopy(file, offset, bytes);
        }
    }

    private static int writeCopy(FileChannel file, long offset, ByteBuffer bytes) throws IOException {
        ByteBuffer part = bytes.slice(bytes.position(), Math.min(bytes.remaining(), COPY_BYTES));
        int written = file.write(ByteBuffer.allocate(part.remaining()).put(part).flip(), offset);
        bytes.position(bytes.position() + written);
        return written;
    }
}
