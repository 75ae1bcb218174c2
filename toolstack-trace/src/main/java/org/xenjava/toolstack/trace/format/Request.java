// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * A call with its arguments in the form of a trace.
 *
 * @param library name of the interface
 * @param method name of the method
 * @param arguments the arguments by name
 */
public record Request(String library, String method, JsonObject arguments) {
    /** Name of the member with the hypercall of a decoded {@code XenCall.call}. */
    public static final String HYPERCALL = "hypercall";

    public static final String OPERATION = "operation";
    public static final String POINTERS = "args";
    public static final String FIELDS = "fields";
    public static final String MEMORY = "memory";

    private static final int LONGEST_VALUE = 60;

    /** The calls that wait for an event. */
    private static final Set<String> WAITING = Set.of("XenStore.readWatch", "XenEventChannels.pending");

    public static Request of(String library, String method) {
        return new Request(library, method, new JsonObject());
    }

    public boolean waits() {
        return WAITING.contains(name());
    }

    public Request with(String name, JsonElement value) {
        arguments.add(name, value);
        return this;
    }

    public Request with(String name, String value) {
        return with(name, new JsonPrimitive(value));
    }

    public Request with(String name, long value) {
        return with(name, new JsonPrimitive(value));
    }

    public boolean isHypercall() {
        return arguments.has(HYPERCALL);
    }

    /** The name of the call, such as {@code XenStore.write} or {@code memory_op/set_pod_target}. */
    public String name() {
        if (!isHypercall()) {
            return library + "." + method;
        }
        String operation = arguments.get(OPERATION).getAsString();
        return arguments.get(HYPERCALL).getAsString() + (operation.isEmpty() ? "" : "/" + operation);
    }

    /** Name and arguments on one line, without zeros of a hypercall's struct and with long values shortened. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", name() + "(", ")");
        JsonObject shown = isHypercall() && arguments.has(FIELDS) ? arguments.getAsJsonObject(FIELDS) : arguments;
        for (Map.Entry<String, JsonElement> argument : shown.entrySet()) {
            String value = text(argument.getValue());
            if (shown == arguments || !value.equals("0")) {
                text.add(argument.getKey() + "="
                        + (value.length() > LONGEST_VALUE ? value.substring(0, LONGEST_VALUE) + "…" : value));
            }
        }
        return text.toString();
    }

    /** A value as text: a string as it is, anything else as JSON. */
    public static String text(JsonElement value) {
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }
}
