// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Field;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Type;
import org.xenjava.toolstack.xenctrl.abi.StructView;

/**
 * A copy of the memory that a hypercall can see, made before the call: the buffers that its arguments point to, and
 * those that these point to.
 */
final class HypercallImage implements Answer<Integer> {
    /** The number of unchanged bytes between two changes that are written as one. */
    private static final int GAP = 8;

    private final HypercallShape shape;
    private final BufferTable buffers;
    private final long[] args;
    private final Map<ChannelBuffer, byte[]> before = new LinkedHashMap<>();
    private final Map<ChannelBuffer, List<Integer>> pointersAt = new LinkedHashMap<>();

    HypercallImage(HypercallShape shape, BufferTable buffers, long... args) {
        this.shape = shape;
        this.buffers = buffers;
        this.args = args.clone();
        for (long arg : args) {
            buffers.find(arg).ifPresent(pointer -> reach(pointer.buffer()));
        }
        if (shape.coverage() == HypercallShape.Coverage.COMPLETE) {
            followFields();
        } else {
            followEverything();
        }
    }

    private void followFields() {
        for (HypercallShape.Part part : shape.parts()) {
            for (Field field : part.layout().fields().values()) {
                if (field.type() == Type.PTR64) {
                    follow(part.buffer(), part.offset() + field.offset());
                }
            }
        }
    }

    /** Follows pointers in memory of unknown layout: any aligned word that is an address in a buffer counts as one. */
    private void followEverything() {
        Deque<ChannelBuffer> unseen = new ArrayDeque<>(before.keySet());
        while (!unseen.isEmpty()) {
            ChannelBuffer buffer = unseen.remove();
            int known = before.size();
            for (int at = 0; at + HexText.POINTER_BYTES <= buffer.size(); at += HexText.POINTER_BYTES) {
                follow(buffer, at);
            }
            before.keySet().stream().skip(known).forEach(unseen::add);
        }
    }

    private void follow(ChannelBuffer buffer, int at) {
        buffers.find(littleEndian(Objects.requireNonNull(before.get(buffer))).getLong(at))
                .ifPresent(pointer -> {
                    pointersAt.computeIfAbsent(buffer, b -> new ArrayList<>()).add(at);
                    reach(pointer.buffer());
                });
    }

    private void reach(ChannelBuffer buffer) {
        before.computeIfAbsent(buffer, ChannelBuffer::copy);
    }

    Request request() {
        JsonArray arguments = new JsonArray();
        for (long arg : args) {
            arguments.add(number(arg, Type.PTR64));
        }
        JsonObject memory = new JsonObject();
        before.forEach((buffer, bytes) ->
                memory.addProperty(buffer.name(), new HexText(bytes, pointers(buffer, bytes)).withoutTrailingZeros()));
        return Request.of("XenCall", "call")
                .with(Request.HYPERCALL, shape.hypercall())
                .with(Request.OPERATION, shape.operation())
                .with(Request.POINTERS, arguments)
                .with(Request.FIELDS, fields(before::get))
                .with(Request.MEMORY, memory);
    }

    @Override
    public JsonElement encode(Integer result) {
        return new JsonPrimitive(result);
    }

    @Override
    public Integer decode(JsonElement result) {
        return result.getAsInt();
    }

    @Override
    public JsonObject effects() {
        Map<ChannelBuffer, byte[]> after = new LinkedHashMap<>();
        JsonObject memory = new JsonObject();
        before.forEach((buffer, old) -> {
            byte[] now = buffer.copy();
            after.put(buffer, now);
            JsonObject patches = patches(old, now, pointers(buffer, now));
            if (patches.size() > 0) {
                memory.add(buffer.name(), patches);
            }
        });
        JsonObject effects = new JsonObject();
        if (memory.size() > 0) {
            JsonObject changed = fields(after::get);
            fields(before::get).entrySet().stream()
                    .filter(e -> e.getValue().equals(changed.get(e.getKey())))
                    .forEach(e -> changed.remove(e.getKey()));
            if (changed.size() > 0) {
                effects.add(Request.FIELDS, changed);
            }
            effects.add(Request.MEMORY, memory);
        }
        return effects;
    }

    @Override
    public void restore(JsonObject effects) {
        if (!effects.has(Request.MEMORY)) {
            return;
        }
        effects.getAsJsonObject(Request.MEMORY).entrySet().forEach(buffer -> {
            ByteBuffer memory = buffers.named(buffer.getKey()).bytes();
            buffer.getValue().getAsJsonObject().entrySet().forEach(patch -> {
                int at = Integer.parseInt(patch.getKey());
                HexText text = HexText.parse(patch.getValue().getAsString());
                memory.put(at, text.bytes());
                text.pointers().forEach((offset, to) -> memory.putLong(at + offset, buffers.address(to)));
            });
        });
    }

    /** The changed ranges by offset. A pointer is never cut. */
    private static JsonObject patches(byte[] old, byte[] now, SortedMap<Integer, String> pointers) {
        JsonObject patches = new JsonObject();
        HexText text = new HexText(now, pointers);
        int at = 0;
        while (at < now.length) {
            if (old[at] == now[at]) {
                at++;
                continue;
            }
            int from = insidePointer(pointers, at).orElse(at);
            int end = at + 1;
            for (int i = end; i < now.length && i < end + GAP; i++) {
                if (old[i] != now[i]) {
                    end = i + 1;
                }
            }
            int last = end - 1;
            end = insidePointer(pointers, last)
                    .map(p -> p + HexText.POINTER_BYTES)
                    .orElse(end);
            patches.addProperty(Integer.toString(from), text.range(from, end));
            at = end;
        }
        return patches;
    }

    private static Optional<Integer> insidePointer(SortedMap<Integer, String> pointers, int at) {
        SortedMap<Integer, String> upTo = pointers.headMap(at + 1);
        return upTo.isEmpty() || upTo.lastKey() + HexText.POINTER_BYTES <= at
                ? Optional.empty()
                : Optional.of(upTo.lastKey());
    }

    private SortedMap<Integer, String> pointers(ChannelBuffer buffer, byte[] bytes) {
        SortedMap<Integer, String> pointers = new TreeMap<>();
        for (int at : pointersAt.getOrDefault(buffer, List.of())) {
            buffers.find(littleEndian(bytes).getLong(at)).ifPresent(p -> pointers.put(at, p.toString()));
        }
        return pointers;
    }

    /** The structs' fields by name; {@code u.NAME} in the second struct if the first has that name too. */
    private JsonObject fields(Function<ChannelBuffer, byte[]> memory) {
        JsonObject fields = new JsonObject();
        for (HypercallShape.Part part : shape.parts()) {
            StructView view = part.layout().at(littleEndian(memory.apply(part.buffer())), part.offset());
            byte[] bytes = view.toBytes();
            for (Field field : part.layout().fields().values()) {
                JsonElement value = field.count() == 1
                        ? number(view.get(field.name()), field.type())
                        : new JsonPrimitive(
                                HexFormat.of().formatHex(bytes, field.offset(), field.offset() + field.bytes()));
                fields.add(fields.has(field.name()) ? "u." + field.name() : field.name(), value);
            }
        }
        return fields;
    }

    private JsonElement number(long value, Type type) {
        return type == Type.PTR64
                ? buffers.find(value)
                        .map(p -> new JsonPrimitive(p.toString()))
                        .orElseGet(() -> new JsonPrimitive(value))
                : new JsonPrimitive(value);
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
