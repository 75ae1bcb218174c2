// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** A hypercall buffer with a name, with real memory or that of a replay. */
final class ChannelBuffer implements HypercallBuffer {
    private final String name;
    private final HypercallBuffer memory;
    private final int size;
    private final BufferTable table;
    private final CallChannel channel;
    private volatile boolean closed;

    ChannelBuffer(String name, HypercallBuffer memory, BufferTable table, CallChannel channel) {
        this.name = name;
        this.memory = memory;
        this.size = memory.bytes().capacity();
        this.table = table;
        this.channel = channel;
    }

    String name() {
        return name;
    }

    int size() {
        return size;
    }

    /** A copy of the whole buffer. */
    byte[] copy() {
        byte[] content = new byte[size];
        bytes().get(0, content);
        return content;
    }

    @Override
    public long address() {
        requireOpen();
        return memory.address();
    }

    @Override
    public ByteBuffer bytes() {
        requireOpen();
        return memory.bytes().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        table.remove(this);
        channel.release(Request.of("HypercallBuffer", "close").with("buffer", name), xen -> memory.close());
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
    }
}
