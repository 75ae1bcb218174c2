// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.trace.format.Request;

/** Finds where two requests differ. */
final class Differences {
    private static final int WORDS_PER_DIFFERENCE = 4;
    private static final int MAX_DIFFERENCES = 100;
    private static final String RAW = "bytes";

    private final List<Difference> found = new ArrayList<>();

    private Differences() {}

    static List<Difference> between(Request recorded, Request actual) {
        if (!recorded.name().equals(actual.name())) {
            return List.of(new Difference("call", recorded.toString(), actual.toString()));
        }
        Differences differences = new Differences();
        if (actual.isHypercall()) {
            differences.hypercall(recorded.arguments(), actual.arguments());
        } else {
            differences.compare("", recorded.arguments(), actual.arguments());
        }
        return differences.found;
    }

    private void hypercall(JsonObject recorded, JsonObject actual) {
        compare(Request.POINTERS, recorded.get(Request.POINTERS), actual.get(Request.POINTERS));
        JsonObject fields = object(recorded, Request.FIELDS);
        compare("", fields, object(actual, Request.FIELDS));
        boolean explained = !found.isEmpty();
        JsonObject before = object(recorded, Request.MEMORY);
        JsonObject now = object(actual, Request.MEMORY);
        for (String buffer : names(before, now)) {
            // If a field of the struct differs, its name says more than the bytes.
            if (!(explained && actual.get(Request.POINTERS).toString().contains('"' + buffer + '+'))) {
                bytes(label(fields, buffer), hex(before, buffer), hex(now, buffer));
            }
        }
    }

    private void compare(String path, JsonElement recorded, JsonElement actual) {
        if (recorded.isJsonObject() && actual.isJsonObject()) {
            JsonObject a = recorded.getAsJsonObject();
            JsonObject b = actual.getAsJsonObject();
            for (String name : names(a, b)) {
                String at = path.isEmpty() ? name : path + "." + name;
                if (name.equals(RAW) && a.has(name) && b.has(name) && !path.isEmpty()) {
                    bytes(at, hex(a, name), hex(b, name));
                } else {
                    compare(at, orNull(a, name), orNull(b, name));
                }
            }
        } else if (recorded.isJsonArray() && actual.isJsonArray()) {
            JsonArray a = recorded.getAsJsonArray();
            JsonArray b = actual.getAsJsonArray();
            if (a.size() == b.size()) {
                for (int i = 0; i < a.size(); i++) {
                    compare(path + "[" + i + "]", a.get(i), b.get(i));
                }
            } else {
                found.add(new Difference(path, a.toString(), b.toString()));
            }
        } else if (!Request.text(recorded).equals(Request.text(actual))) {
            found.add(new Difference(path, Request.text(recorded), Request.text(actual)));
        }
    }

    /** Compares memory in words of eight bytes. */
    private void bytes(String label, String recorded, String actual) {
        if (recorded.equals(actual)) {
            return;
        }
        HexText a = HexText.parse(recorded);
        HexText b = HexText.parse(actual);
        int end = Math.max(a.bytes().length, b.bytes().length);
        int word = HexText.POINTER_BYTES;
        for (int at = 0; at < end && found.size() < MAX_DIFFERENCES; at += word) {
            int from = at;
            List<String> left = new ArrayList<>();
            List<String> right = new ArrayList<>();
            while (left.size() < WORDS_PER_DIFFERENCE && !a.word(at).equals(b.word(at))) {
                left.add(a.word(at));
                right.add(b.word(at));
                at += word;
            }
            if (!left.isEmpty()) {
                at -= word;
                found.add(new Difference(
                        label + " bytes " + from + ".." + (at + word - 1),
                        String.join(" ", left),
                        String.join(" ", right)));
            }
        }
    }

    /** A buffer's name, after the field that points to it. */
    private static String label(JsonObject fields, String buffer) {
        return fields.entrySet().stream()
                .filter(f -> Request.text(f.getValue()).startsWith(buffer + "+"))
                .map(f -> f.getKey() + " -> " + buffer)
                .findFirst()
                .orElse(buffer);
    }

    private static Set<String> names(JsonObject a, JsonObject b) {
        Set<String> names = new LinkedHashSet<>(a.keySet());
        names.addAll(b.keySet());
        return names;
    }

    private static JsonObject object(JsonObject parent, String name) {
        return parent.has(name) ? parent.getAsJsonObject(name) : new JsonObject();
    }

    private static String hex(JsonObject parent, String name) {
        return parent.has(name) ? parent.get(name).getAsString() : "";
    }

    private static JsonElement orNull(JsonObject parent, String name) {
        return parent.has(name) ? parent.get(name) : JsonNull.INSTANCE;
    }
}
