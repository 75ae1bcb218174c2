// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** The measurements on each release, side by side. A release's file has a line {@code name: value} for each row. */
final class ReleasesPage {
    private static final String HEAD =
            """
            # The same jar on every Xen

            The same guests on real Xen releases: 256 MiB of 512 MiB, PVH and HVM, built by `xlj` and by the release's
            own `xl`. Numbers are pages. A guest balloons down to its target, then writes all of its memory. Written by
            `lab/releases`.

            `debt` is entries − cache: frames that Xen cannot back. `xl` is missing where the hypervisor is not the one
            of the dom0's packages, because xl works with its own release only. The other hypervisors are built from
            the source of their release, and run with their own xenstored and xenconsoled.

            """;

    private static final Map<String, String> XEN_OF_DOM0 =
            Map.of("bullseye", "4.14", "bookworm", "4.17", "trixie", "4.20");

    private final Map<XenRelease, Map<String, String>> releases = new TreeMap<>();

    private ReleasesPage() {}

    /** The page of all results in a directory. */
    static ReleasesPage of(Path directory) {
        ReleasesPage page = new ReleasesPage();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                String[] release = file.getFileName().toString().split("\\.");
                page.releases.put(
                        new XenRelease(Integer.parseInt(release[0]), Integer.parseInt(release[1])),
                        rows(Files.readAllLines(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return page;
    }

    static void save(Path file, Map<String, String> rows) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(
                    file,
                    rows.entrySet().stream()
                            .map(row -> row.getKey() + ": " + row.getValue() + "\n")
                            .collect(Collectors.joining()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, String> rows(List<String> lines) {
        Map<String, String> rows = new LinkedHashMap<>();
        for (String line : lines) {
            int colon = line.indexOf(": ");
            rows.put(line.substring(0, colon), line.substring(colon + 2));
        }
        return rows;
    }

    void write(Path page) {
        try {
            Files.writeString(page, text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String text() {
        Set<String> names = new LinkedHashSet<>();
        releases.values().forEach(rows -> names.addAll(rows.keySet()));
        StringBuilder text = new StringBuilder(HEAD);
        text.append("| |")
                .append(releases.keySet().stream().map(r -> " " + r + " |").collect(Collectors.joining()))
                .append("\n|---|")
                .append("---|".repeat(releases.size()))
                .append("\n");
        for (String name : names) {
            text.append("| ").append(name).append(" |");
            releases.forEach((release, rows) ->
                    text.append(" ").append(value(release, rows, name)).append(" |"));
            text.append("\n");
        }
        return text.toString();
    }

    /** The value of a row. What xl of another release says of the hypervisor is no result. */
    private static String value(XenRelease release, Map<String, String> rows, String name) {
        boolean foreignXl = name.contains(" by xl, ") && !release.toString().equals(XEN_OF_DOM0.get(rows.get("dom0")));
        return foreignXl ? "–" : rows.getOrDefault(name, "–");
    }
}
