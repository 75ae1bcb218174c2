// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.matrix.Cell;
import org.xenjava.toolstack.matrix.Experiment;
import org.xenjava.toolstack.matrix.Finding;
import org.xenjava.toolstack.matrix.Matrix;
import org.xenjava.toolstack.matrix.Measurement;

/** A part of the matrix in {@code docs/matrix.md}, measured again; all of it is {@code lab/matrix}. */
class MatrixLabTest extends LabFixture {
    /** From the repository's root. */
    private static final Measurement KNOWN =
            Measurement.read(Path.of("toolstack-tests/src/test/resources/matrix/measured.json"));

    static Stream<Cell> cells() {
        return Matrix.sample().stream();
    }

    @ParameterizedTest
    @MethodSource("cells")
    void theMatrixIsMeasuredAgainWithTheSameResults(Cell cell) {
        try (RealBench bench = new RealBench(cell)) {
            Finding finding = Experiment.run(cell, bench);
            Dom0.report(cell + ": " + finding);
            assertEquals(KNOWN.of(cell).orElseThrow().ofAnyDomain(), finding.ofAnyDomain());
        }
    }
}
