// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/**
 * The memory of the calling process that Xen may read and write: its hypercall buffers, at invented addresses that
 * are never used twice. Any other address, and that of a freed buffer, is EFAULT.
 */
public final class CallerMemory {
    private static final long FIRST_ADDRESS = 0x7f00_0000_0000L;

    private final TreeMap<Long, Buffer> buffers = new TreeMap<>();
    private long nextAddress = FIRST_ADDRESS;

    /** One allocation. */
    private final class Buffer implements HypercallBuffer {
        private final long address;
        private final byte[] content;

        private Buffer(long address, int bytes) {
            this.address = address;
            this.content = new byte[bytes];
        }

        @Override
        public long address() {
            requireOpen();
            return address;
        }

        @Override
        public ByteBuffer bytes() {
            requireOpen();
            return ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public void close() {
            synchronized (CallerMemory.this) {
                buffers.remove(address);
            }
        }

        private void requireOpen() {
            synchronized (CallerMemory.this) {
                if (!buffers.containsKey(address)) {
                    throw new IllegalStateException("hypercall buffer used after close");
                }
            }
        }
    }

    /** Allocates a hypercall buffer of at least that many bytes. */
    public synchronized HypercallBuffer allocate(int bytes) {
        int pages = (bytes + PhysicalMemory.PAGE_BYTES - 1) / PhysicalMemory.PAGE_BYTES;
        Buffer buffer = new Buffer(nextAddress, Math.multiplyExact(pages, PhysicalMemory.PAGE_BYTES));
        buffers.put(nextAddress, buffer);
        // Leave a page out, so that an access beyond the end of one buffer does not reach the next.
        nextAddress += (pages + 1L) * PhysicalMemory.PAGE_BYTES;
        return buffer;
    }

    /** Frees every buffer. */
    public synchronized void freeAll() {
        buffers.clear();
    }

    /** Reads bytes; EFAULT if they are not all in one buffer. */
    byte[] read(long address, long length) {
        ByteBuffer source = at(address, length);
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        return bytes;
    }

    /** Writes bytes; EFAULT if they do not all go into one buffer. */
    void write(long address, byte[] bytes) {
        at(address, bytes.length).put(bytes);
    }

    /** Reads a struct: a copy, as Xen makes one. */
    StructView read(long address, StructLayout layout) {
        return layout.at(ByteBuffer.wrap(read(address, layout.size())), 0);
    }

    void write(long address, StructView struct) {
        write(address, struct.toBytes());
    }

    private synchronized ByteBuffer at(long address, long length) {
        Map.Entry<Long, Buffer> buffer = buffers.floorEntry(address);
        if (buffer == null || length < 0 || address - buffer.getKey() + length > buffer.getValue().content.length) {
            throw new XenRefusal(Errno.EFAULT);
        }
        return ByteBuffer.wrap(buffer.getValue().content, (int) (address - buffer.getKey()), (int) length);
    }
}
