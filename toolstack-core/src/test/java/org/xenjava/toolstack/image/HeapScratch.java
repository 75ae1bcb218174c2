// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Room for an unpacked kernel in a test. */
final class HeapScratch implements KernelUnpacker.Scratch {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Optional<byte[]> room = Optional.empty();

    @Override
    public OutputStream output() {
        return bytes;
    }

    @Override
    public ByteBuffer room(int length) {
        byte[] array = new byte[length];
        room = Optional.of(array);
        return ByteBuffer.wrap(array);
    }

    @Override
    public ImageContent content() {
        return ImageContent.of("kernel", bytes());
    }

    byte[] bytes() {
        return room.orElseGet(bytes::toByteArray);
    }

    @Override
    public void close() {
        bytes.reset();
    }
}
