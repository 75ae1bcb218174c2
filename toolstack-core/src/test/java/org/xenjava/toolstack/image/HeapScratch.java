// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;

/** Room for an unpacked kernel in a test. */
final class HeapScratch implements KernelUnpacker.Scratch {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public OutputStream output() {
        return bytes;
    }

    @Override
    public ImageContent content() {
        return ImageContent.of("kernel", bytes.toByteArray());
    }

    @Override
    public void close() {
        bytes.reset();
    }
}
