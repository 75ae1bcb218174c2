// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.ByteBuffer;

/**
 * Page-locked memory for hypercall arguments, from {@code xencall_alloc_buffer_pages}: zero-filled, page-aligned,
 * never moved. It must outlive the calls that use it; closing it twice is harmless, using it afterwards throws
 * {@link IllegalStateException}.
 */
public interface HypercallBuffer extends AutoCloseable {
    /** {@return the user virtual address to put into a hypercall argument} */
    long address();

    /** {@return the memory, little-endian, position 0; each call returns a new view} */
    ByteBuffer bytes();

    @Override
    void close();
}
