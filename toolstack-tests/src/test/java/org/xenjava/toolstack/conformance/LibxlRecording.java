// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The calls of real {@code xl} for one guest, recorded on Xen 4.17 ({@code src/test/resources/libxl/README.md}).
 *
 * @param name the recording's
 * @param calls of {@code xl create -p}
 */
record LibxlRecording(String name, List<Call> calls) {

    private static final Set<String> WITH_GIGABYTE_PAGES = Set.of("a2", "c1g", "p4");

    static LibxlRecording of(String name) {
        return new LibxlRecording(name, read(name + ".create.jsonl.gz"));
    }

    /** What stands before the first dash: {@code c1g} of {@code c1g-pvh-pod-1000-1537-cpu1g}. */
    String shortName() {
        return name.substring(0, name.indexOf('-'));
    }

    /** The xl.cfg file. */
    Path config() {
        return file(name + ".cfg");
    }

    /** {@code memory} in the xl.cfg file. */
    long memoryMib() {
        return lines(config())
                .filter(line -> line.startsWith("memory="))
                .mapToLong(line -> Long.parseLong(line.substring("memory=".length())))
                .findFirst()
                .orElseThrow();
    }

    /** The machine's CPU had 1 GiB pages. */
    boolean gigabytePages() {
        return WITH_GIGABYTE_PAGES.contains(shortName());
    }

    int domid() {
        return Integer.parseInt(creation().out().get("domain"));
    }

    UUID uuid() {
        return UUID.fromString(
                creation().text("handle").replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5"));
    }

    Call.Hypercall creation() {
        return hypercall("createdomain");
    }

    /** The first hypercall of that operation. */
    Call.Hypercall hypercall(String operation) {
        return calls.stream()
                .filter(call -> call instanceof Call.Hypercall hypercall
                        && hypercall.operation().equals(operation))
                .map(Call.Hypercall.class::cast)
                .findFirst()
                .orElseThrow();
    }

    /** The nodes of the paused domain. */
    Map<String, String> nodes() {
        return StoreNodes.of(lines(file(name + ".xenstore.txt")).toList(), domid(), uuid());
    }

    /** When it was built, to a hundredth of a second. */
    Instant startTime() {
        String node = nodes().get("/vm/UUID/start_time");
        String[] seconds = node.substring(1, node.indexOf('"', 1)).split("\\.");
        return Instant.ofEpochSecond(Long.parseLong(seconds[0]), Long.parseLong(seconds[1]) * 10_000_000);
    }

    Facts facts() {
        return BuildSummary.of(calls, nodes());
    }

    /** What {@code xl mem-set} did to the paused guest, later. */
    List<Call> memSet(String step) {
        return read(name + ".memset-" + step + ".jsonl.gz");
    }

    private static List<Call> read(String file) {
        try (InputStream in = Files.newInputStream(file(file))) {
            return LibxlReader.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path file(String name) {
        URL url = LibxlRecording.class.getResource("/libxl/" + name);
        if (url == null) {
            throw new IllegalArgumentException("no recording " + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
