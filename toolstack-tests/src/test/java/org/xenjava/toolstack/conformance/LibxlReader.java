// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Reads recordings of libxl, as {@code toolstack-tests/libxl/strip} has left them. */
final class LibxlReader {
    private static final int WRITABLE = 2;
    private static final int PAGE_BYTES = 4096;

    private LibxlReader() {}

    static List<Call> read(InputStream gzipped) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(gzipped), StandardCharsets.UTF_8))) {
            return lines.lines()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .flatMap(LibxlReader::call)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Call> call(JsonObject line) {
        if (line.has("hypercall")) {
            return Stream.of(hypercall(line));
        }
        if (line.has("xs")) {
            return Stream.of(store(line));
        }
        if (line.has("map")) {
            return (line.get("prot").getAsInt() & WRITABLE) == 0 ? Stream.empty() : Stream.of(mapping(line));
        }
        if (!line.has("content")) {
            return Stream.empty();
        }
        byte[] content = HexFormat.of().parseHex(line.get("content").getAsString());
        return Stream.of(
                line.has("unmap")
                        ? new Call.PageContent(
                                Long.decode(line.get("unmap").getAsString()), Arrays.copyOf(content, PAGE_BYTES))
                        : new Call.GrantTable(content));
    }

    private static Call.Hypercall hypercall(JsonObject line) {
        JsonObject in = line.getAsJsonObject("in");
        if (line.get("hypercall").getAsString().equals(Call.MMUEXT_OP)) {
            JsonObject only = in.getAsJsonArray("ops").get(0).getAsJsonObject();
            return new Call.Hypercall(
                    Call.MMUEXT_OP,
                    scalars(only),
                    Map.of(),
                    Map.of(),
                    line.get("ret").getAsLong());
        }
        String operation = line.get("operation").getAsString();
        Map<String, byte[]> memory = new HashMap<>();
        if (line.has("memory")) {
            line.getAsJsonObject("memory")
                    .entrySet()
                    .forEach(e -> memory.put(
                            e.getKey(), HexFormat.of().parseHex(e.getValue().getAsString())));
        }
        if (operation.equals("populate_physmap") && !memory.containsKey("extents")) {
            memory.put("extents", contiguousExtents(in));
        }
        return new Call.Hypercall(
                operation.equals("getdomaininfolist") ? "getdomaininfo" : operation,
                scalars(in),
                line.has("out") ? scalars(line.getAsJsonObject("out")) : Map.of(),
                memory,
                line.get("ret").getAsLong());
    }

    private static byte[] contiguousExtents(JsonObject in) {
        long first = Long.decode(in.get("first_gpfn").getAsString());
        int count = in.get("nr_extents").getAsInt();
        int order = in.get("extent_order").getAsInt();
        ByteBuffer gfns = ByteBuffer.allocate(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            gfns.putLong(first + ((long) i << order));
        }
        return gfns.array();
    }

    /** What is not a number or a text is decoded a second time from its bytes. */
    private static Map<String, String> scalars(JsonObject json) {
        Map<String, String> fields = new LinkedHashMap<>();
        json.entrySet().stream()
                .filter(e -> e.getValue().isJsonPrimitive())
                .forEach(e -> fields.put(e.getKey(), scalar(e.getValue())));
        return fields;
    }

    private static String scalar(JsonElement value) {
        String text = value.getAsString();
        return text.startsWith("0x") ? Long.toString(Long.parseUnsignedLong(text.substring(2), 16)) : text;
    }

    private static Call.Mapping mapping(JsonObject line) {
        List<FrameRun> frames = new ArrayList<>();
        line.getAsJsonArray("map")
                .forEach(run -> frames.add(new FrameRun(
                        Long.decode(run.getAsJsonArray().get(0).getAsString()),
                        run.getAsJsonArray().get(1).getAsLong())));
        return new Call.Mapping(frames);
    }

    private static Call store(JsonObject line) {
        if (line.get("xs").getAsString().equals("introduce_domain")) {
            return new Call.Introduction(
                    Long.decode(line.get("mfn").getAsString()),
                    line.get("eventchn").getAsInt());
        }
        return new Call.Store(line.get("xs").getAsString(), text(line, "path"), text(line, "value"));
    }

    private static String text(JsonObject line, String member) {
        return line.has(member) && !line.get(member).isJsonNull()
                ? line.get(member).getAsString()
                : "";
    }
}
