// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DomainType;

/** The tables of {@code docs/matrix.md}, between two marks; the rest of the page is written by hand. */
public final class MatrixPage {
    static final String BEGIN = "<!-- What follows is written by lab/matrix. -->\n";
    static final String END = "<!-- What follows is written by hand. -->\n";

    private final Measurement measurement;

    private MatrixPage(Measurement measurement) {
        this.measurement = measurement;
    }

    /** The tables of a measurement. */
    public static MatrixPage of(Measurement measurement) {
        return new MatrixPage(measurement);
    }

    /** Replaces the tables of the page. */
    public void update(Path page) {
        try {
            String old = Files.readString(page);
            String before = old.substring(0, old.indexOf(BEGIN));
            String after = old.substring(old.indexOf(END));
            Files.writeString(page, before + BEGIN + text() + after);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text between the marks. */
    String text() {
        String head = "\nMeasured on %s on Xen %s by `%s`.\n"
                .formatted(measurement.date(), measurement.xen(), measurement.command());
        return Matrix.types().stream()
                .filter(measurement::has)
                .map(type -> table(type) + budget(type) + console(type))
                .collect(Collectors.joining("", head, "\n"));
    }

    private String table(DomainType type) {
        List<Column> columns = List.of(Column.values());
        String titles = columns.stream().map(Column::title).collect(Collectors.joining(" | "));
        String rows = Matrix.drivers().stream()
                .map(driver -> columns.stream()
                        .map(column -> outcome(Matrix.cell(type, driver, column)))
                        .collect(Collectors.joining(" | ", "| " + driver + " | ", " |\n")))
                .collect(Collectors.joining());
        return "\n## " + type + " guests\n\n| pages short | " + titles + " |\n|---" + "|---".repeat(columns.size())
                + "|\n" + rows;
    }

    private String outcome(Cell cell) {
        return measurement
                .of(cell)
                .map(finding -> {
                    if (!finding.lived()) {
                        return "**crashes**, ents=" + finding.debt();
                    }
                    return finding.lent() > 0 ? "survives, " + finding.lent() + " lent" : "survives";
                })
                .orElse("–");
    }

    private String budget(DomainType type) {
        String rows = Matrix.budget(type).stream()
                .map(cell -> "| %d | %s | %s |\n"
                        .formatted(
                                cell.budget().count(),
                                outcome(cell),
                                measurement
                                        .of(cell)
                                        .flatMap(Finding::guard)
                                        .map(event -> "`" + event + "`")
                                        .orElse("–")))
                .collect(Collectors.joining());
        return "\nThe guard's budget, to the page, with a driver that stops "
                + Matrix.budget(type).get(0).driver() + " pages short:\n\n"
                + "| budget | | the guard's last event before the load |\n|---|---|---|\n" + rows;
    }

    private String console(DomainType type) {
        return measurement.findings().entrySet().stream()
                .filter(entry -> entry.getKey().type() == type)
                .flatMap(entry -> entry.getValue().crash().stream().map(line -> line(entry.getKey(), line)))
                .collect(Collectors.joining("", "\nXen's log line for each crash:\n\n```\n", "```\n"));
    }

    private static String line(Cell cell, String message) {
        return String.format(
                Locale.ROOT, "%-9s %-18s %s%n", cell.driver(), cell.column().title(), message);
    }
}
