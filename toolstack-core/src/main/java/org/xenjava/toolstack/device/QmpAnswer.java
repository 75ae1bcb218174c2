// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.stream.StreamSupport;
import org.xenjava.toolstack.error.DeviceModelException;

/**
 * A part of QEMU's answer to a command. QEMU serves a guest and is not trusted: a part that is missing or of another
 * type is a {@link DeviceModelException} that shows the beginning of the answer.
 */
final class QmpAnswer {
    private static final int SHOWN_CHARACTERS = 200;
    private static final int MOST_DIGITS = 9;

    private final String source;
    private final String line;
    private final JsonElement value;

    private QmpAnswer(String source, String line, JsonElement value) {
        this.source = source;
        this.line = line;
        this.value = value;
    }

    /**
     * Parses one line.
     *
     * @param peer names the QEMU in messages
     * @param command names the command in messages
     */
    static QmpAnswer parse(String peer, String command, String line) {
        String source = peer + ", asked to " + command + ",";
        try {
            JsonElement value = JsonParser.parseString(line);
            QmpAnswer answer = new QmpAnswer(source, line, value);
            if (!value.isJsonObject()) {
                throw answer.refused("it is not QMP");
            }
            return answer;
        } catch (JsonParseException e) {
            throw new DeviceModelException(source + " answers '" + shown(line) + "': it is not QMP", e);
        }
    }

    /** Whether the answer is an object with that member. */
    boolean has(String name) {
        return value.isJsonObject() && value.getAsJsonObject().has(name);
    }

    /** A member of an object. */
    QmpAnswer member(String name) {
        if (!has(name)) {
            throw refused("it has no '" + name + "'");
        }
        JsonObject object = value.getAsJsonObject();
        return new QmpAnswer(source, line, object.get(name));
    }

    /** A member that is a truth value. */
    boolean flag(String name) {
        JsonPrimitive primitive = primitive(name);
        if (!primitive.isBoolean()) {
            throw refused("its '" + name + "' is neither true nor false");
        }
        return primitive.getAsBoolean();
    }

    /** A member that is a string. */
    String text(String name) {
        JsonPrimitive primitive = primitive(name);
        if (!primitive.isString()) {
            throw refused("its '" + name + "' is not text");
        }
        return primitive.getAsString();
    }

    /** The answer itself, which is a string. */
    String text() {
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw refused("it is not text");
        }
        return value.getAsString();
    }

    /** A member that is a string of decimal digits, as QEMU writes ports. */
    int number(String name) {
        return number(text(name), name);
    }

    /** A member that is a number from 0 on. */
    int count(String name) {
        return number(primitive(name).getAsString(), name);
    }

    /** A member that is a number from 0 on, of any size that Java has. */
    long amount(String name) {
        String digits = primitive(name).getAsString();
        if (!digits.matches("[0-9]{1,18}")) {
            throw refused("its '" + name + "' is no number from 0 on");
        }
        return Long.parseLong(digits);
    }

    /** Reads decimal digits that are a part of the member's text. */
    int number(String digits, String name) {
        if (digits.isEmpty() || digits.length() > MOST_DIGITS || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw refused("its '" + name + "' has no valid number");
        }
        return Integer.parseInt(digits);
    }

    /** The elements of an array. */
    List<QmpAnswer> elements() {
        if (!value.isJsonArray()) {
            throw refused("it is not a list");
        }
        return StreamSupport.stream(value.getAsJsonArray().spliterator(), false)
                .map(element -> new QmpAnswer(source, line, element))
                .toList();
    }

    /** The exception for an answer that cannot be used. */
    DeviceModelException refused(String why) {
        return new DeviceModelException(source + " answers '" + shown(line) + "': " + why);
    }

    private JsonPrimitive primitive(String name) {
        JsonElement member = member(name).value;
        if (!member.isJsonPrimitive()) {
            throw refused("its '" + name + "' is not a single value");
        }
        return member.getAsJsonPrimitive();
    }

    /** Text from QEMU for a message: its beginning, with control characters escaped. */
    static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        text.chars().limit(SHOWN_CHARACTERS).forEach(c -> {
            if (Character.isISOControl(c)) {
                shown.append(String.format("\\x%02x", c));
            } else {
                shown.append((char) c);
            }
        });
        return text.length() > SHOWN_CHARACTERS ? shown.append("...").toString() : shown.toString();
    }

    @Override
    public String toString() {
        return shown(line);
    }
}
