// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** The table of {@code docs/matrix.md}: what it must show, and that the simulation shows the same. */
class MatrixTest {
    static final Path MEASURED = Path.of("src/test/resources/matrix/measured.json");
    private static final Measurement REAL = Measurement.read(MEASURED);

    static Stream<Cell> cellsForTheSimulation() {
        return REAL.findings().keySet().stream().filter(cell -> cell.column() != Column.XL);
    }

    @ParameterizedTest
    @MethodSource("cellsForTheSimulation")
    void theSimulationHasTheFindingsOfRealXen(Cell cell) {
        try (Bench bench = new SimulatedBench(cell)) {
            assertEquals(
                    REAL.of(cell).orElseThrow().ofAnyDomain(),
                    Experiment.run(cell, bench).ofAnyDomain());
        }
    }

    static Stream<Arguments> tellingCellsOnOtherReleases() {
        return Stream.of(14, 20, 22).flatMap(minor -> Matrix.sample().stream()
                .filter(cell -> cell.column() != Column.XL)
                .map(cell -> Arguments.of(new XenRelease(4, minor), cell)));
    }

    @ParameterizedTest(name = "Xen {0}: {1}")
    @MethodSource("tellingCellsOnOtherReleases")
    void theOtherReleasesFindTheSame(XenRelease release, Cell cell) {
        Finding real = REAL.of(cell).orElseThrow();
        try (Bench bench = new SimulatedBench(cell, release)) {
            Finding found = Experiment.run(cell, bench);
            // Xen's own words name a source line, which differs.
            assertEquals(real.lived(), found.lived());
            assertEquals(
                    List.of(real.owned(), real.debt(), real.lent()),
                    List.of(found.owned(), found.debt(), found.lent()));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PVH", "HVM"})
    void everyCellWasTriedOnRealXen(DomainType type) {
        assertEquals(
                List.of(),
                Matrix.cells(type).stream()
                        .filter(cell -> REAL.of(cell).isEmpty())
                        .toList());
    }

    @Test
    void noGuestCrashesUnderTheGuardUnlessItGaveUp() {
        REAL.findings().forEach((cell, finding) -> {
            if (cell.guarded()) {
                boolean gaveUp = finding.guard().orElseThrow().startsWith("GAVE_UP");
                assertEquals(!gaveUp, finding.lived(), cell.toString());
            }
        });
        assertTrue(REAL.findings().values().stream()
                .anyMatch(finding -> !finding.lived() && finding.guard().isPresent()));
    }

    @ParameterizedTest
    @EnumSource(names = {"PVH", "HVM"})
    void noGuestCrashesWhoseBootIsBacked(DomainType type) {
        for (Driver driver : Matrix.drivers()) {
            Cell cell = Matrix.cell(type, driver, Column.BACKED);
            assertTrue(REAL.of(cell).orElseThrow().lived(), cell.toString());
        }
    }

    @Test
    void aGuestCrashesIfAndOnlyIfAnEntryLacksItsPage() {
        REAL.findings().forEach((cell, finding) -> {
            assertEquals(finding.debt() > 0, !finding.lived(), cell.toString());
            finding.crash()
                    .ifPresent(words -> assertTrue(
                            words.contains("(tot=" + finding.owned() + " ents=" + finding.debt() + " dom"), words));
        });
    }

    @Test
    void ourLibxlRuleCrashesTheSameGuestsAsLibxl() {
        for (Map.Entry<Cell, Finding> entry : REAL.findings().entrySet()) {
            Cell cell = entry.getKey();
            if (cell.column() == Column.XL) {
                Finding ours = REAL.of(Matrix.cell(cell.type(), cell.driver(), Column.LIBXL))
                        .orElseThrow();
                assertEquals(entry.getValue().debt(), ours.debt(), cell.toString());
                assertEquals(entry.getValue().lived(), ours.lived(), cell.toString());
            }
        }
    }
}
