// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** Repeats recorded calls line by line and compares the answers. */
final class RecordedCalls {
    private static final int PAGE = 4096;
    private static final HexFormat HEX = HexFormat.of();

    private final SimulatedXen machine;
    private XenLibraries libraries;
    private Xenctrl xen;
    private final Map<String, MappedPages> mappings = new HashMap<>();

    RecordedCalls(SimulatedXen machine) {
        this.machine = machine;
        connect();
    }

    private void connect() {
        libraries = machine.connect();
        xen = Xenctrl.open(libraries);
    }

    /** Uses up domids, as earlier guests did on the recorded machine. */
    void makeNextDomid(int domid) {
        for (int earlier = 1; earlier < domid; earlier++) {
            xen.domains().destroy(xen.domains().create(new CreateDomain(new UUID(0, 0), 3, 1, 1, 1)));
            libraries.store().mkdir(XenStore.NO_TRANSACTION, "/vm");
            libraries.store().mkdir(XenStore.NO_TRANSACTION, "/libxl");
        }
    }

    void repeat(String line) {
        JsonObject call = JsonParser.parseString(line).getAsJsonObject();
        if (call.has("process")) {
            libraries.close();
            connect();
        } else if (call.has("call")) {
            hypercall(call);
        } else if (call.has("xs")) {
            xenstore(call);
        } else if (call.has("counters")) {
            assertEquals(counters(call.getAsJsonArray("counters")), xen.memory().podTarget(domid(call)));
        } else if (call.has("map")) {
            mappings.put(text(call, "at"), map(call));
        } else if (call.has("grantTable")) {
            mappings.put(
                    text(call, "grantTable"),
                    libraries.foreignMemory().mapResource(domid(call), 1, 0, 0, 1, Protection.READ_WRITE));
        } else {
            unmap(call);
        }
    }

    private static PodCounters counters(JsonArray numbers) {
        return new PodCounters(
                numbers.get(0).getAsLong(),
                numbers.get(1).getAsLong(),
                numbers.get(2).getAsLong());
    }

    private MappedPages map(JsonObject call) {
        LongStream gfns = LongStream.empty();
        for (JsonElement run : call.getAsJsonArray("map")) {
            long first = Long.decode(run.getAsJsonArray().get(0).getAsString());
            long count = run.getAsJsonArray().get(1).getAsLong();
            gfns = LongStream.concat(gfns, LongStream.range(first, first + count));
        }
        return libraries.foreignMemory().map(domid(call), Protection.READ_WRITE, gfns.toArray());
    }

    /** Fills buffers as the recorded process did; large ones, which were not recorded, get arbitrary content. */
    private void unmap(JsonObject call) {
        try (MappedPages pages = mappings.remove(text(call, "unmap"))) {
            ByteBuffer bytes = pages.bytes();
            if (call.has("content")) {
                bytes.put(HEX.parseHex(text(call, "content")));
            } else {
                for (int at = 0; at < bytes.capacity(); at += PAGE) {
                    bytes.put(at, (byte) 1);
                }
            }
        }
    }

    // ---- hypercalls ---------------------------------------------------------------------------------------

    /** A buffer of the recorded process, with its addresses there and here. */
    private record Buffer(long recordedAt, HypercallBuffer here, JsonObject recorded) {}

    private void hypercall(JsonObject call) {
        byte[] in = HEX.parseHex(text(call, "in"));
        byte[] out = call.has("out") ? HEX.parseHex(text(call, "out")) : in.clone();
        List<Buffer> buffers = buffers(call);
        translate(in, buffers);
        translate(out, buffers);
        try (HypercallBuffer struct = libraries.call().allocBuffer(in.length)) {
            struct.bytes().put(in);
            assertEquals(expectedResult(call), result(call, struct.address()), call::toString);
            byte[] answer = new byte[in.length];
            struct.bytes().get(answer);
            assertEquals(HEX.formatHex(out), HEX.formatHex(answer), text(call, "call"));
        }
        for (Buffer buffer : buffers) {
            if (buffer.recorded().has("out")) {
                byte[] answer = new byte[text(buffer.recorded(), "out").length() / 2];
                buffer.here().bytes().get(answer);
                assertEquals(text(buffer.recorded(), "out"), HEX.formatHex(answer), text(call, "call"));
            }
            buffer.here().close();
        }
    }

    private List<Buffer> buffers(JsonObject call) {
        List<Buffer> buffers = new ArrayList<>();
        if (call.has("buffers")) {
            for (JsonElement element : call.getAsJsonArray("buffers")) {
                JsonObject recorded = element.getAsJsonObject();
                HypercallBuffer here =
                        libraries.call().allocBuffer(recorded.get("bytes").getAsInt());
                if (recorded.has("in")) {
                    here.bytes().put(HEX.parseHex(text(recorded, "in")));
                }
                buffers.add(new Buffer(Long.decode(text(recorded, "at")), here, recorded));
            }
        }
        return buffers;
    }

    private static void translate(byte[] struct, List<Buffer> buffers) {
        ByteBuffer words = ByteBuffer.wrap(struct).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + Long.BYTES <= struct.length; at += Long.BYTES) {
            for (Buffer buffer : buffers) {
                if (words.getLong(at) == buffer.recordedAt()) {
                    words.putLong(at, buffer.here().address());
                }
            }
        }
    }

    private static String expectedResult(JsonObject call) {
        return call.has("errno")
                ? new Errno(call.get("errno").getAsInt()).symbol()
                : call.get("ret").getAsString();
    }

    private String result(JsonObject call, long address) {
        int number = call.get("op").getAsInt();
        try {
            int result = call.has("sub")
                    ? libraries.call().call(number, call.get("sub").getAsInt(), address)
                    : libraries.call().call(number, address);
            return Integer.toString(result);
        } catch (XenLibException e) {
            return e.errno().symbol();
        }
    }

    // ---- xenstore -----------------------------------------------------------------------------------------

    private void xenstore(JsonObject call) {
        XenStore store = libraries.store();
        int transaction = call.has("t") ? call.get("t").getAsInt() : 0;
        switch (text(call, "xs")) {
            case "transaction_start" -> assertEquals(transaction, store.transactionStart());
            case "transaction_end" -> store.transactionCommit(transaction);
            case "introduce_domain" ->
                store.introduceDomain(
                        domid(call),
                        call.get("gfn").getAsLong(),
                        call.get("port").getAsInt());
            default ->
                assertEquals(
                        call.has("errno") ? new Errno(call.get("errno").getAsInt()).symbol() : recordedAnswer(call),
                        answer(store, transaction, call),
                        call::toString);
        }
    }

    private static String recordedAnswer(JsonObject call) {
        return switch (text(call, "xs")) {
            case "read" -> text(call, "value");
            case "directory" -> call.get("names").toString();
            default -> "";
        };
    }

    private static String answer(XenStore store, int transaction, JsonObject call) {
        String path = text(call, "path");
        try {
            switch (text(call, "xs")) {
                case "read" -> {
                    return new String(store.read(transaction, path), StandardCharsets.UTF_8);
                }
                case "directory" -> {
                    return store.directory(transaction, path).toString();
                }
                case "write" ->
                    store.write(transaction, path, text(call, "value").getBytes(StandardCharsets.UTF_8));
                case "mkdir" -> store.mkdir(transaction, path);
                case "rm" -> store.rm(transaction, path);
                default -> store.setPermissions(transaction, path, permissions(call.getAsJsonArray("perms")));
            }
            return "";
        } catch (XenLibException e) {
            // A value that had to be there is a failure of the recording's reader, not an answer.
            if (!call.has("errno")) {
                throw e;
            }
            return e.errno().symbol();
        }
    }

    private static List<XenStorePermission> permissions(JsonArray words) {
        List<XenStorePermission> permissions = new ArrayList<>();
        for (JsonElement word : words) {
            String permission = word.getAsString();
            permissions.add(new XenStorePermission(
                    Integer.parseInt(permission.substring(1)), "nrwb".indexOf(permission.charAt(0))));
        }
        return permissions;
    }

    private static int domid(JsonObject call) {
        return call.get("domid").getAsInt();
    }

    private static String text(JsonObject object, String member) {
        return object.get(member).getAsString();
    }
}
