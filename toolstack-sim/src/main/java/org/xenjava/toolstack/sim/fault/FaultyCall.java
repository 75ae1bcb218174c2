// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;

/** libxencall through a {@link FaultInjection}; hypercalls have their own names. */
final class FaultyCall implements XenCall {
    private final XenCall below;
    private final FaultInjection faults;
    private final Map<Long, HypercallBuffer> buffers = new ConcurrentHashMap<>();

    FaultyCall(XenCall below, FaultInjection faults) {
        this.below = below;
        this.faults = faults;
    }

    @Override
    public int call(int op, long... args) {
        String name = HypercallNames.of(op, args, this::memory);
        return faults.cross(FaultSite.of("call", name, Optional.empty()), () -> below.call(op, args));
    }

    private Optional<ByteBuffer> memory(long address) {
        return Optional.ofNullable(buffers.get(address)).map(HypercallBuffer::bytes);
    }

    @Override
    public HypercallBuffer allocBuffer(int bytes) {
        HypercallBuffer buffer = faults.cross(
                FaultSite.of("allocBuffer", "xencall_alloc_buffer_pages", Optional.empty()),
                () -> below.allocBuffer(bytes));
        return new KnownBuffer(buffer, buffer.address());
    }

    @Override
    public void close() {
        below.close();
    }

    /** A buffer that may contain a hypercall's sub-command. */
    private final class KnownBuffer implements HypercallBuffer {
        private final HypercallBuffer buffer;
        private final long address;

        KnownBuffer(HypercallBuffer buffer, long address) {
            this.buffer = buffer;
            this.address = address;
            buffers.put(address, buffer);
        }

        @Override
        public long address() {
            return buffer.address();
        }

        @Override
        public ByteBuffer bytes() {
            return buffer.bytes();
        }

        @Override
        public void close() {
            buffers.remove(address, buffer);
            buffer.close();
        }
    }
}
