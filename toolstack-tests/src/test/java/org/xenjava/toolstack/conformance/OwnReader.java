// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.xenctrl.lib.Protection;

/** Reads this project's own traces, recorded with all contents. */
final class OwnReader {
    private static final int PAGE_BYTES = 4096;

    /** {@code struct vcpu_guest_context} of x86-64. */
    private static final int VCPU_CONTEXT_BYTES = 5168;

    /** The C names of our xenstore methods. */
    private static final Map<String, String> STORE_OPERATIONS = Map.of(
            "transactionStart", "transaction_start",
            "transactionCommit", "transaction_end",
            "transactionAbort", "transaction_end",
            "setPermissions", "set_permissions");

    /**
     * A pointer that calls of an operation have: its name in libxl's recordings, and how long it is.
     *
     * @param countField the field with the number of elements; empty if there is one
     */
    private record Pointee(String name, String pointer, String countField, int bytesEach) {
        int bytes(HypercallRecord call) {
            return Math.toIntExact((countField.isEmpty() ? 1 : call.number(countField)) * bytesEach);
        }
    }

    private static final Map<String, Pointee> POINTEES = Map.of(
            "populate_physmap", new Pointee("extents", "extent_start", "nr_extents", Long.BYTES),
            "set_memory_map", new Pointee("e820", "map.buffer", "map.nr_entries", 20),
            "set_cpu_policy", new Pointee("cpuid_leaves", "leaves", "nr_leaves", 24),
            "sethvmcontext", new Pointee("hvmcontext", "buffer", "size", 1),
            "setvcpucontext", new Pointee("vcpu_context", "ctxt", "", VCPU_CONTEXT_BYTES));

    private static final int MMUEXT_BYTES = 24;

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
        if (call.hypercall().equals(Call.MMUEXT_OP)) {
            return extended(call);
        }
        Map<String, byte[]> memory = new HashMap<>();
        Pointee pointee = POINTEES.get(call.operation());
        if (pointee != null) {
            memory.put(pointee.name, call.pointee(pointee.pointer, pointee.bytes(call)));
        }
        Map<String, String> out = new LinkedHashMap<>(call.output());
        out.entrySet().removeAll(call.input().entrySet());
        // Questions of xen_version, such as Xen's capabilities, have no names in traces.
        String operation = call.hypercall().equals("xen_version") ? "version" : call.operation();
        return new Call.Hypercall(operation, shortNames(call.input()), shortNames(out), memory, call.result());
    }

    /** Our library makes each such call with one operation, {@code struct mmuext_op}, in its only buffer. */
    private static Call.Hypercall extended(HypercallRecord call) {
        String buffer = call.memory().values().iterator().next();
        ByteBuffer operation = ByteBuffer.wrap(
                        Arrays.copyOf(HexText.parse(buffer).bytes(), MMUEXT_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        return new Call.Hypercall(
                Call.MMUEXT_OP,
                Map.of("cmd", "" + operation.getInt(0), "arg1", "" + operation.getLong(Long.BYTES)),
                Map.of(),
                Map.of(),
                call.result());
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
