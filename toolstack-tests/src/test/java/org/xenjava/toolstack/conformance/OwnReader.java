// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.xenjava.toolstack.trace.GuestWrite;
import org.xenjava.toolstack.trace.HypercallRecord;
import org.xenjava.toolstack.trace.Trace;
import org.xenjava.toolstack.trace.TraceRecord;
import org.xenjava.toolstack.trace.TracedCall;
import org.xenjava.toolstack.xenctrl.lib.Protection;

/** Reads this project's own traces, recorded with all contents. */
final class OwnReader {
    private static final int PAGE_BYTES = 4096;

    /** The C names of our xenstore methods. */
    private static final Map<String, String> STORE_OPERATIONS = Map.of(
            "transactionStart", "transaction_start",
            "transactionCommit", "transaction_end",
            "transactionAbort", "transaction_end",
            "setPermissions", "set_permissions");

    /** A pointer that calls of an operation have: its name in libxl's recordings, and how long it is. */
    private record Pointee(String name, String pointer, String countField, int bytesEach) {}

    private static final Map<String, Pointee> POINTEES = Map.of(
            "populate_physmap", new Pointee("extents", "extent_start", "nr_extents", Long.BYTES),
            "set_memory_map", new Pointee("e820", "map.buffer", "map.nr_entries", 20),
            "set_cpu_policy", new Pointee("cpuid_leaves", "leaves", "nr_leaves", 24),
            "sethvmcontext", new Pointee("hvmcontext", "buffer", "size", 1));

    /** Mappings of the grant table, which are closed like those of guest frames. */
    private final List<String> grantTables = new ArrayList<>();

    private OwnReader() {}

    static List<Call> read(Trace trace) {
        OwnReader reader = new OwnReader();
        return trace.records().stream().flatMap(reader::call).toList();
    }

    private Stream<Call> call(TraceRecord record) {
        if (record instanceof HypercallRecord hypercall) {
            return Stream.of(hypercall(hypercall));
        }
        if (record instanceof GuestWrite write) {
            return write.runs().stream().flatMap(run -> contents(write, run));
        }
        return library((TracedCall) record);
    }

    private static Call.Hypercall hypercall(HypercallRecord call) {
        Map<String, byte[]> memory = new HashMap<>();
        Pointee pointee = POINTEES.get(call.operation());
        if (pointee != null) {
            int bytes = Math.toIntExact(call.number(pointee.countField) * pointee.bytesEach);
            memory.put(pointee.name, call.pointee(pointee.pointer, bytes));
        }
        Map<String, String> out = new LinkedHashMap<>(call.output());
        out.entrySet().removeAll(call.input().entrySet());
        return new Call.Hypercall(call.operation(), shortNames(call.input()), shortNames(out), memory, call.result());
    }

    /** {@code arch.emulation_flags} is {@code emulation_flags}. */
    private static Map<String, String> shortNames(Map<String, String> fields) {
        Map<String, String> names = new LinkedHashMap<>();
        fields.forEach((name, value) -> names.putIfAbsent(name.substring(name.lastIndexOf('.') + 1), value));
        return names;
    }

    private Stream<Call> contents(GuestWrite write, GuestWrite.Run run) {
        ByteBuffer all = run.bytes().orElseThrow();
        if (grantTables.contains(write.mapping())) {
            return Stream.of(new Call.GrantTable(page(all, 0)));
        }
        List<Call> pages = new ArrayList<>();
        for (int i = 0; i < run.pages(); i++) {
            pages.add(new Call.PageContent(run.frame() + i, page(all, i)));
        }
        return pages.stream();
    }

    private static byte[] page(ByteBuffer pages, int index) {
        byte[] page = new byte[PAGE_BYTES];
        pages.get(index * PAGE_BYTES, page);
        return page;
    }

    private Stream<Call> library(TracedCall call) {
        return switch (call.library() + "." + call.method()) {
            case "XenForeignMemory.map" -> isForWriting(call) ? Stream.of(mapping(call)) : Stream.empty();
            case "XenForeignMemory.mapResource" -> {
                grantTables.add(JsonParser.parseString(call.result())
                        .getAsJsonObject()
                        .get("mapping")
                        .getAsString());
                yield Stream.empty();
            }
            case "XenStore.introduceDomain" ->
                Stream.of(new Call.Introduction(
                        Long.parseLong(call.arguments().get("gfn")),
                        Integer.parseInt(call.arguments().get("port"))));
            default -> call.library().equals("XenStore") ? Stream.of(store(call)) : Stream.empty();
        };
    }

    private static boolean isForWriting(TracedCall call) {
        return Protection.valueOf(call.arguments().get("protection")) != Protection.READ;
    }

    private static Call.Mapping mapping(TracedCall call) {
        List<FrameRun> frames = new ArrayList<>();
        JsonParser.parseString(call.arguments().get("gfns"))
                .getAsJsonArray()
                .forEach(run -> frames.add(FrameRun.parse(run.getAsString())));
        return new Call.Mapping(frames);
    }

    private static Call.Store store(TracedCall call) {
        return new Call.Store(
                STORE_OPERATIONS.getOrDefault(call.method(), call.method()),
                call.arguments().getOrDefault("path", ""),
                call.arguments().getOrDefault("value", ""));
    }
}
