// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;

/** Reads parts of an {@link ImageContent}, in any order. A reader is used by one thread. */
public interface ImageReader extends AutoCloseable {
    /**
     * Fills the rest of a buffer.
     *
     * @param offset offset of the first byte in the content
     * @throws org.xenjava.toolstack.error.KernelImageException if the content ends before the buffer is full, or the
     *     read fails
     */
    void read(long offset, ByteBuffer into);

    /**
     * Checks that the content has not changed since its version was read.
     *
     * @throws org.xenjava.toolstack.error.KernelImageException if the content has changed
     */
    void requireUnchanged();

    @Override
    void close();
}
