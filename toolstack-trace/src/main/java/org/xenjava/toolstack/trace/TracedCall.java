// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.trace.format.Failure;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.TraceLine;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * A call that is neither a hypercall nor the close of a mapping.
 *
 * @param sequence position in the trace, from 1
 * @param library the interface, such as {@code XenStore}
 * @param method the method, such as {@code write}
 * @param arguments by name: numbers in decimal, text as it is, anything else as compact JSON
 * @param result the result in the same form; empty if there is none
 * @param failure the errno of a failed call
 */
public record TracedCall(
        int sequence,
        String library,
        String method,
        Map<String, String> arguments,
        String result,
        Optional<Errno> failure)
        implements TraceRecord {

    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param sequence position in the trace, from 1
     * @param library the interface, such as {@code XenStore}
     * @param method the method, such as {@code write}
     * @param arguments by name: numbers in decimal, text as it is, anything else as compact JSON
     * @param result the result in the same form; empty if there is none
     * @param failure the errno of a failed call
     */
    public TracedCall {
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }

    static TracedCall of(TraceLine line) {
        return new TracedCall(
                line.sequence(),
                line.request().library(),
                line.request().method(),
                texts(line.request().arguments()),
                line.result().isJsonNull() ? "" : Request.text(line.result()),
                line.failure().map(Failure::errno));
    }

    static Map<String, String> texts(JsonObject json) {
        Map<String, String> texts = new LinkedHashMap<>();
        json.entrySet().forEach(e -> texts.put(e.getKey(), Request.text(e.getValue())));
        return texts;
    }
}
