// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The JSON of {@code xlj}. A document is a record, and Gson maps it: a component's name in snake case is the key,
 * which ends in its unit; an empty {@link Optional} is null; a constant is a word in small letters; {@link Pages} and
 * {@link KiB} are numbers.
 */
public final class Json {
    private static final Gson LINE = new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .registerTypeHierarchyAdapter(Optional.class, (JsonSerializer<Optional<?>>)
                    (value, type, context) -> context.serialize(value.orElse(null)))
            .registerTypeHierarchyAdapter(
                    Enum.class, (JsonSerializer<Enum<?>>) (value, type, context) -> new JsonPrimitive(Words.of(value)))
            .registerTypeHierarchyAdapter(
                    Path.class, (JsonSerializer<Path>) (value, type, context) -> new JsonPrimitive(value.toString()))
            .registerTypeAdapter(
                    Pages.class, (JsonSerializer<Pages>) (value, type, context) -> new JsonPrimitive(value.count()))
            .registerTypeAdapter(
                    KiB.class, (JsonSerializer<KiB>) (value, type, context) -> new JsonPrimitive(value.value()))
            .disableHtmlEscaping()
            .serializeNulls()
            .create();
    private static final Gson PRETTY = LINE.newBuilder().setPrettyPrinting().create();

    private Json() {}

    /** A document on many lines, for people. */
    public static JsonText pretty(Object document) {
        return new JsonText(PRETTY.toJson(document));
    }

    /** A document on one line, for a stream of documents. */
    public static JsonText line(Object document) {
        return new JsonText(LINE.toJson(document));
    }

    /** One object with the keys of several records, in their order. */
    public static JsonObject join(Object... records) {
        JsonObject joined = new JsonObject();
        for (Object each : List.of(records)) {
            JsonElement part = LINE.toJsonTree(each);
            part.getAsJsonObject().entrySet().forEach(entry -> joined.add(entry.getKey(), entry.getValue()));
        }
        return joined;
    }
}
