// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import org.xenjava.toolstack.error.KernelImageException;

/** The content of an array. */
final class ArrayContent implements ImageContent {
    private final String name;
    private final byte[] bytes;

    ArrayContent(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public ImageReader open() {
        return new ImageReader() {
            @Override
            public void read(long offset, ByteBuffer into) {
                if (offset < 0 || into.remaining() > bytes.length - offset) {
                    throw new KernelImageException(
                            name + ": " + into.remaining() + " bytes at offset " + offset + " lie outside of it");
                }
                into.put(bytes, (int) offset, into.remaining());
            }

            @Override
            public void requireUnchanged() {
                // Nobody changes the array: ImageContent requires it.
            }

            @Override
            public void close() {
                // An array needs no close.
            }
        };
    }
}
