// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.xenjava.toolstack.trace.format.Failure;
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.TraceLine;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * A hypercall with the fields of its struct: numbers in decimal (a u64 above 2^63 is negative), arrays in hex, pointers
 * as {@code buf#3+0}.
 *
 * @param sequence position in the trace, from 1
 * @param hypercall such as {@code memory_op}
 * @param operation such as {@code set_pod_target}; empty if it is unknown
 * @param input the fields before the call
 * @param output the fields after the call
 * @param memory each buffer before the call, as text
 * @param result the result, or -1 if the call failed
 * @param failure the errno of a failed call
 */
public record HypercallRecord(
        int sequence,
        String hypercall,
        String operation,
        Map<String, String> input,
        Map<String, String> output,
        Map<String, String> memory,
        int result,
        Optional<Errno> failure)
        implements TraceRecord {
    private static final int FAILED = -1;

    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param sequence position in the trace, from 1
     * @param hypercall such as {@code memory_op}
     * @param operation such as {@code set_pod_target}; empty if it is unknown
     * @param input the fields before the call
     * @param output the fields after the call
     * @param memory each buffer before the call, as text
     * @param result the result, or -1 if the call failed
     * @param failure the errno of a failed call
     */
    public HypercallRecord {
        input = Collections.unmodifiableMap(new LinkedHashMap<>(input));
        output = Collections.unmodifiableMap(new LinkedHashMap<>(output));
        memory = Collections.unmodifiableMap(new LinkedHashMap<>(memory));
    }

    static HypercallRecord of(TraceLine line) {
        JsonObject in = line.request().arguments();
        Map<String, String> input = TracedCall.texts(in.getAsJsonObject(Request.FIELDS));
        Map<String, String> output = new LinkedHashMap<>(input);
        if (line.effects().has(Request.FIELDS)) {
            output.putAll(TracedCall.texts(line.effects().getAsJsonObject(Request.FIELDS)));
        }
        return new HypercallRecord(
                line.sequence(),
                in.get(Request.HYPERCALL).getAsString(),
                in.get(Request.OPERATION).getAsString(),
                input,
                output,
                TracedCall.texts(in.getAsJsonObject(Request.MEMORY)),
                line.failure().isPresent() ? FAILED : line.result().getAsInt(),
                line.failure().map(Failure::errno));
    }

    /**
     * {@return a number in the struct before the call}
     *
     * @param field name of the field
     * @throws NoSuchElementException if the struct has no such field
     */
    public long number(String field) {
        return Long.parseLong(text(field));
    }

    /**
     * {@return the bytes that a pointer in the struct pointed to, before the call}
     *
     * @param field the pointer
     * @param bytes number of bytes
     * @throws NoSuchElementException if the struct has no such field, or if the field points to no buffer
     */
    public byte[] pointee(String field, int bytes) {
        String[] pointer = text(field).split("\\+", 2);
        if (pointer.length != 2 || !memory.containsKey(pointer[0])) {
            throw new NoSuchElementException(field + " points to no buffer");
        }
        int from = Integer.parseInt(pointer[1]);
        byte[] all = HexText.parse(memory.get(pointer[0])).bytes();
        return Arrays.copyOfRange(Arrays.copyOf(all, Math.max(all.length, from)), from, from + bytes);
    }

    private String text(String field) {
        String value = input.get(field);
        if (value == null) {
            throw new NoSuchElementException(hypercall + "/" + operation + " has no field " + field);
        }
        return value;
    }
}
