// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Optional;

/**
 * A recorded call as a line of JSON.
 *
 * @param sequence position in the trace, from 1
 * @param request the call
 * @param result the result; JsonNull if the call has none or failed
 * @param failure the failure of a failed call
 * @param effects the changes in memory
 */
public record TraceLine(
        int sequence, Request request, JsonElement result, Optional<Failure> failure, JsonObject effects) {

    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("seq", sequence);
        json.addProperty("interface", request.library());
        json.addProperty("method", request.method());
        json.add("in", request.arguments());
        if (!result.isJsonNull()) {
            json.add("result", result);
        }
        failure.ifPresent(f -> json.add("error", f.toJson()));
        if (effects.size() > 0) {
            json.add("out", effects);
        }
        return json;
    }

    /** Reads the JSON of {@link #toJson}; anything else gives an unchecked exception. */
    public static TraceLine of(JsonObject json) {
        Request request = new Request(
                member(json, "interface").getAsString(),
                member(json, "method").getAsString(),
                member(json, "in").getAsJsonObject());
        return new TraceLine(
                member(json, "seq").getAsInt(),
                request,
                json.has("result") ? json.get("result") : JsonNull.INSTANCE,
                json.has("error") ? Optional.of(Failure.of(json.getAsJsonObject("error"))) : Optional.empty(),
                json.has("out") ? json.getAsJsonObject("out") : new JsonObject());
    }

    private static JsonElement member(JsonObject json, String name) {
        if (!json.has(name)) {
            throw new IllegalArgumentException("no \"" + name + "\"");
        }
        return json.get(name);
    }
}
