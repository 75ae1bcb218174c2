// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/**
 * The hypercall buffers in use, numbered in the order of their allocation. A pointer into a buffer is written as {@code
 * buf#3+16}, so that no address reaches a trace.
 */
final class BufferTable implements Answer<ChannelBuffer> {
    /** The distance between the invented addresses of replayed buffers, more than the size of a buffer. */
    private static final long ADDRESS_STEP = 1L << 32;

    private final CallChannel channel;
    private final TreeMap<Long, ChannelBuffer> byAddress = new TreeMap<>();
    private final Map<String, ChannelBuffer> byName = new HashMap<>();
    private int last;

    BufferTable(CallChannel channel) {
        this.channel = channel;
    }

    /** Memory of a replay in place of a hypercall buffer. */
    private record HeapBuffer(long address, ByteBuffer memory) implements HypercallBuffer {
        @Override
        public ByteBuffer bytes() {
            return memory.duplicate();
        }

        @Override
        public void close() {}
    }

    /** A place in a buffer. */
    record Pointer(ChannelBuffer buffer, int offset) {
        @Override
        public String toString() {
            return buffer.name() + "+" + offset;
        }
    }

    synchronized ChannelBuffer add(HypercallBuffer memory) {
        last++;
        ChannelBuffer buffer = new ChannelBuffer("buf#" + last, memory, this, channel);
        byAddress.put(memory.address(), buffer);
        byName.put(buffer.name(), buffer);
        return buffer;
    }

    synchronized void remove(ChannelBuffer buffer) {
        byAddress.values().remove(buffer);
        byName.remove(buffer.name());
    }

    /** The place of an address that is in a buffer. */
    synchronized Optional<Pointer> find(long address) {
        return Optional.ofNullable(byAddress.floorEntry(address))
                .filter(e -> address - e.getKey() < e.getValue().size())
                .map(e -> new Pointer(e.getValue(), (int) (address - e.getKey())));
    }

    /** The buffer of that name. */
    synchronized ChannelBuffer named(String name) {
        ChannelBuffer buffer = byName.get(name);
        if (buffer == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        return buffer;
    }

    /** The address of a pointer's text. */
    long address(String pointer) {
        int plus = pointer.indexOf('+');
        return named(pointer.substring(0, plus)).address() + Integer.parseInt(pointer.substring(plus + 1));
    }

    @Override
    public JsonElement encode(ChannelBuffer buffer) {
        JsonObject json = new JsonObject();
        json.addProperty("buffer", buffer.name());
        json.addProperty("bytes", buffer.size());
        return json;
    }

    @Override
    public synchronized ChannelBuffer decode(JsonElement result) {
        JsonObject json = result.getAsJsonObject();
        ChannelBuffer buffer = add(new HeapBuffer(
                (last + 1) * ADDRESS_STEP, ByteBuffer.allocate(json.get("bytes").getAsInt())));
        if (!buffer.name().equals(json.get("buffer").getAsString())) {
            throw new IllegalArgumentException("this buffer should be " + buffer.name());
        }
        return buffer;
    }
}
