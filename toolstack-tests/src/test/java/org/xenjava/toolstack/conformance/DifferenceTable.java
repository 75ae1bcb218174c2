// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Differences as the rows of a table in {@code docs/conformance.md}; what has the same one shares a row. */
final class DifferenceTable {
    private static final Path DOCUMENT = Path.of("..", "docs", "conformance.md");

    private final List<String> subjects = new ArrayList<>();
    private final Map<Facts.Difference, List<String>> rows = new LinkedHashMap<>();

    /** @param subject a guest, or a step of one */
    void add(String subject, List<Facts.Difference> differences) {
        subjects.add(subject);
        differences.forEach(difference ->
                rows.computeIfAbsent(difference, any -> new ArrayList<>()).add(subject));
    }

    /** Sorted, one a line, without the reasons. */
    String text() {
        return rows.entrySet().stream()
                .map(row -> line(List.of(
                        quoted(row.getKey().fact()),
                        quoted(row.getKey().libxl()),
                        quoted(row.getKey().ours()),
                        row.getValue().equals(subjects) ? "all" : String.join(", ", row.getValue()))))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    /** The same of the document's table below that heading. */
    static String documented(String heading) {
        return rowsBelow(heading).stream()
                .map(cells -> line(cells.subList(0, cells.size() - 1)))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    /** The last cells of the table. */
    static List<String> reasons(String heading) {
        return rowsBelow(heading).stream()
                .map(cells -> cells.get(cells.size() - 1))
                .toList();
    }

    /** The rows of the document's table below that heading, without its head. */
    static List<List<String>> rowsBelow(String heading) {
        return lines().stream()
                .dropWhile(line -> !line.equals("## " + heading))
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .map(line -> line.substring(2, line.length() - 2).split(" \\| ", -1))
                .map(Arrays::asList)
                .toList();
    }

    private static List<String> lines() {
        try {
            return Files.readAllLines(DOCUMENT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    private static String quoted(String value) {
        return value.equals(Facts.ABSENT) ? value : "`" + value + "`";
    }
}
