// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.util.Arrays;

/** Bytes that the stream carries without looking into them. The value does not change. */
public final class Blob {
    private final byte[] bytes;

    private Blob(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * {@return a copy of the bytes}
     *
     * @param bytes any bytes
     */
    public static Blob of(byte[] bytes) {
        return new Blob(bytes.clone());
    }

    /** {@return the number of bytes} */
    public int size() {
        return bytes.length;
    }

    /** {@return a copy of the bytes} */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Blob blob && Arrays.equals(bytes, blob.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return bytes.length + " bytes";
    }
}
