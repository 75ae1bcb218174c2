// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.matrix.Cell;
import org.xenjava.toolstack.matrix.Experiment;
import org.xenjava.toolstack.matrix.Finding;
import org.xenjava.toolstack.matrix.Matrix;
import org.xenjava.toolstack.matrix.MatrixPage;
import org.xenjava.toolstack.matrix.Measurement;

/** Tries every guest of the matrix on the Xen below; {@code lab/matrix} starts this in the lab's dom0. */
public final class MeasureMatrix {
    private static final String MISSING = "missing";

    private MeasureMatrix() {}

    /**
     * Measures.
     *
     * @param args the file of findings; the page with the table; the types of guests to measure, or {@code missing} for
     *     the cells that the file lacks; other findings stay
     */
    public static void main(String[] args) {
        Path file = Path.of(args[0]);
        Path page = Path.of(args[1]);
        List<DomainType> types = Stream.of(args)
                .skip(2)
                .filter(type -> !type.equals(MISSING))
                .map(DomainType::valueOf)
                .toList();
        Map<Cell, Finding> findings = new LinkedHashMap<>();
        String date = LocalDate.now(ZoneOffset.UTC).toString();
        if (Files.exists(file)) {
            Measurement known = Measurement.read(file);
            findings.putAll(known.findings());
            date = types.isEmpty() && !known.date().endsWith(date) ? known.date() + " and " + date : date;
        }
        findings.keySet().removeIf(cell -> types.contains(cell.type()));
        String dates = date;
        String xen = xenVersion();
        List<Cell> cells = Matrix.types().stream()
                .flatMap(type -> Matrix.cells(type).stream())
                .filter(cell -> types.isEmpty() ? !findings.containsKey(cell) : types.contains(cell.type()))
                .toList();
        cells.forEach(cell -> {
            Finding finding = measure(cell);
            Dom0.report(cell + ": " + finding);
            findings.put(cell, finding);
            // Each time, so that a run that is cut short has not been in vain.
            Measurement measurement = new Measurement("lab/matrix", dates, xen, Matrix.inOrder(findings));
            measurement.write(file);
            MatrixPage.of(measurement).update(page);
        });
    }

    private static Finding measure(Cell cell) {
        try (RealBench bench = new RealBench(cell)) {
            return Experiment.run(cell, bench);
        }
    }

    private static String xenVersion() {
        try (Toolstack toolstack = Toolstack.open()) {
            return toolstack.host().xenVersion();
        }
    }
}
