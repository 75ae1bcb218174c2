// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.function.Function;

/** Converts the answer to a call to JSON and back. */
public interface Answer<T> {
    Answer<Nothing> NOTHING = of(nothing -> JsonNull.INSTANCE, json -> Nothing.NOTHING);
    Answer<Integer> NUMBER = of(JsonPrimitive::new, JsonElement::getAsInt);
    Answer<Boolean> FLAG = of(JsonPrimitive::new, JsonElement::getAsBoolean);
    Answer<String> TEXT = of(JsonPrimitive::new, JsonElement::getAsString);

    /** The result of a call that has none. */
    enum Nothing {
        NOTHING
    }

    /** The result as JSON; JsonNull if there is none. */
    JsonElement encode(T result);

    /** The result from the JSON of {@link #encode}. */
    T decode(JsonElement result);

    /** The changes that the call made in memory, also if it failed. */
    default JsonObject effects() {
        return new JsonObject();
    }

    /** Repeats the changes of {@link #effects}. */
    default void restore(JsonObject effects) {}

    static <T> Answer<T> of(Function<T, JsonElement> encode, Function<JsonElement, T> decode) {
        return new Answer<>() {
            @Override
            public JsonElement encode(T result) {
                return encode.apply(result);
            }

            @Override
            public T decode(JsonElement result) {
                return decode.apply(result);
            }
        };
    }
}
