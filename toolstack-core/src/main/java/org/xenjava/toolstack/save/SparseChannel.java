// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import org.xenjava.toolstack.dump.GuestPageFile;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Writes to a file and leaves holes for pages of zeroes, which take no space on the disk. Whole pages are recognized by
 * the size of a write; the end of a file must be written as something else.
 */
final class SparseChannel implements WritableByteChannel {
    private static final ByteBuffer ZEROES =
            ByteBuffer.allocateDirect(Pages.BYTES).asReadOnlyBuffer();

    private final FileChannel file;

    SparseChannel(FileChannel file) {
        this.file = file;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (bytes.remaining() % Pages.BYTES != 0) {
            return file.write(bytes);
        }
        int all = bytes.remaining();
        int end = bytes.limit();
        while (bytes.hasRemaining()) {
            int first = bytes.position();
            boolean zero = isZero(bytes, first);
            int stop = first + Pages.BYTES;
            while (stop < end && isZero(bytes, stop) == zero) {
                stop += Pages.BYTES;
            }
            if (zero) {
                file.position(file.position() + stop - first);
                bytes.position(stop);
            } else {
                GuestPageFile.write(file, file.position(), bytes.limit(stop));
                bytes.limit(end);
                file.position(file.position() + stop - first);
            }
        }
        return all;
    }

    private static boolean isZero(ByteBuffer bytes, int page) {
        return bytes.getLong(page) == 0 && bytes.slice(page, Pages.BYTES).mismatch(ZEROES.duplicate()) < 0;
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
