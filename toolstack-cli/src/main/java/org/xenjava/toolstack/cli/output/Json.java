// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import java.util.function.Function;

/** JSON as xlj prints it: keys in snake case, each with its unit; nothing is written by reflection. */
public final class Json {
    private Json() {}

    /** On many lines, for people. */
    public static String pretty(JsonElement element) {
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .serializeNulls()
                .create()
                .toJson(element);
    }

    /** On one line, for a stream of readings. */
    public static String line(JsonElement element) {
        return new GsonBuilder().disableHtmlEscaping().serializeNulls().create().toJson(element);
    }

    public static <T> JsonArray array(Iterable<T> items, Function<T, ? extends JsonElement> toJson) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(toJson.apply(item)));
        return array;
    }
}
