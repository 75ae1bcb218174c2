// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;

/** Reads parts of an {@link ImageContent}, in any order. For one thread. */
public interface ImageReader extends AutoCloseable {
    /**
     * Fills the rest of a buffer.
     *
     * @param offset of the first byte in the content
     * @throws org.xenjava.toolstack.error.KernelImageException if the content ends before the buffer is full, or
     *     cannot be read
     */
    void read(long offset, ByteBuffer into);

    /**
     * Checks that the content has not changed since it was first looked at.
     *
     * @throws org.xenjava.toolstack.error.KernelImageException if it has
     */
    void requireUnchanged();

    @Override
    void close();
}
