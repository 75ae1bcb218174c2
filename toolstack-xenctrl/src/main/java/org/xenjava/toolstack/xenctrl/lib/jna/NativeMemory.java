// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;

/** Memory that belongs to a library: pages for hypercall arguments, or pages of another domain. */
final class NativeMemory implements HypercallBuffer, MappedPages {
    static final int PAGE_BYTES = 4096;

    private final Handle owner;
    private final long address;
    private final long size;
    private final LongConsumer release;

    NativeMemory(Handle owner, long address, long size, LongConsumer release) {
        this.owner = owner;
        this.address = address;
        this.size = size;
        this.release = release;
    }

    @Override
    public long address() {
        if (!owner.owns(this)) {
            throw new IllegalStateException("this memory was given back to Xen");
        }
        return address;
    }

    @Override
    public ByteBuffer bytes() {
        return new Pointer(address()).getByteBuffer(0, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        owner.release(this);
    }

    /** Called once, by the owner. */
    void release(long handle) {
        release.accept(handle);
    }
}
