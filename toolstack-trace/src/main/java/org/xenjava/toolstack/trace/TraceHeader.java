// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonObject;
import java.time.Instant;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/**
 * The first line of a trace.
 *
 * @param version the schema's version
 * @param release the Xen release that was recorded, such as {@code 4.17}
 * @param command the recorded command, in free text
 * @param date start of the recording, by the recorder's clock
 * @param contents form of written guest memory
 * @param secrets treatment of secrets; the member is missing in traces that include them
 */
public record TraceHeader(
        int version, String release, String command, Instant date, Contents contents, Secrets secrets) {
    /** The version of the schema that is written and read. */
    public static final int VERSION = 1;

    private static final String SECRETS = "secrets";
    private static final String SCHEMA = "xen-toolstack-trace";

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("schema", SCHEMA);
        json.addProperty("version", version);
        json.addProperty("xen", release);
        json.addProperty("command", command);
        json.addProperty("date", date.toString());
        json.addProperty("contents", contents.name());
        if (secrets == Secrets.REDACTED) {
            json.addProperty(SECRETS, secrets.name());
        }
        return json;
    }

    /** Reads the JSON of {@link #toJson}; anything else gives an unchecked exception. */
    static TraceHeader of(JsonObject json) {
        if (!json.has("schema") || !json.get("schema").getAsString().equals(SCHEMA)) {
            throw new IllegalArgumentException("not the header of a trace");
        }
        int version = json.get("version").getAsInt();
        if (version != VERSION) {
            throw new IllegalArgumentException("version " + version + " of the schema; only " + VERSION + " is known");
        }
        TraceHeader header = new TraceHeader(
                version,
                json.get("xen").getAsString(),
                json.get("command").getAsString(),
                Instant.parse(json.get("date").getAsString()),
                Contents.valueOf(json.get("contents").getAsString()),
                json.has(SECRETS) ? Secrets.valueOf(json.get(SECRETS).getAsString()) : Secrets.INCLUDED);
        header.xenRelease();
        return header;
    }

    /** The release as a value. */
    XenRelease xenRelease() {
        String[] numbers = release.split("\\.", 2);
        return new XenRelease(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }
}
