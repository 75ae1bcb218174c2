// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import com.google.gson.JsonObject;
import java.util.stream.IntStream;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** A failed call: the C function and errno, by name. */
public record Failure(String function, Errno errno) {
    private static final int MAX_ERRNO = 4095;

    public static Failure of(XenLibException e) {
        return new Failure(e.function(), e.errno());
    }

    public static Failure of(JsonObject json) {
        return new Failure(
                json.get("function").getAsString(), errno(json.get("errno").getAsString()));
    }

    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("function", function);
        json.addProperty("errno", errno.symbol());
        return json;
    }

    public XenLibException exception() {
        return new XenLibException(function, errno);
    }

    private static Errno errno(String symbol) {
        return IntStream.rangeClosed(1, MAX_ERRNO)
                .mapToObj(Errno::new)
                .filter(e -> e.symbol().equals(symbol))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown errno " + symbol));
    }
}
