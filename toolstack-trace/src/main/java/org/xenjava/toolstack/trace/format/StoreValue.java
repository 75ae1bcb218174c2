// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A xenstore value: a string if it is printable UTF-8, else {@code {"hex": "00ff"}}. */
public final class StoreValue {
    private static final String HEX = "hex";

    private StoreValue() {}

    public static JsonElement encode(byte[] value) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
            if (text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t')) {
                return new JsonPrimitive(text);
            }
        } catch (CharacterCodingException e) {
            // The value is no text; write it as hex.
        }
        JsonObject hex = new JsonObject();
        hex.addProperty(HEX, HexFormat.of().formatHex(value));
        return hex;
    }

    public static byte[] decode(JsonElement json) {
        return json.isJsonObject()
                ? HexFormat.of().parseHex(json.getAsJsonObject().get(HEX).getAsString())
                : json.getAsString().getBytes(StandardCharsets.UTF_8);
    }
}
