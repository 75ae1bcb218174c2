// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The scenario: every guest that is tried. */
public final class Matrix {
    /** What each guest is to have. */
    public static final KiB MEMORY = KiB.ofMiB(64);

    /** What each guest believes to have before it balloons. */
    public static final KiB MAX_MEMORY = KiB.ofMiB(128);

    private static final long[] SHORTFALLS = {0, 1, 255, 256, 257, 512, 1024, 4096};

    /** A debt of the rows in which the guard's budget is tried. */
    private static final long LARGE_DEBT = 4096 - PodPolicy.ADVISORY_SLACK.count();

    private static final Pages DEFAULT_BUDGET = GuardPolicy.standard().lending().perDomain();

    private Matrix() {}

    /** The rows of the table. */
    static List<Driver> drivers() {
        return Stream.concat(LongStream.of(SHORTFALLS).mapToObj(Driver::shortBy), Stream.of(Driver.none()))
                .toList();
    }

    /** The cells of the table for that type of guest, row by row. */
    static List<Cell> table(DomainType type) {
        return drivers().stream()
                .flatMap(driver -> Stream.of(Column.values()).map(column -> cell(type, driver, column)))
                .toList();
    }

    /** The cell of the table with the guard's default budget. */
    public static Cell cell(DomainType type, Driver driver, Column column) {
        return new Cell(type, driver, column, column == Column.GUARDED ? DEFAULT_BUDGET : Pages.ZERO);
    }

    /** Two guests that need as many pages as the guard may lend, and one more. */
    static List<Cell> budget(DomainType type) {
        Driver driver = Driver.shortBy(LARGE_DEBT + PodPolicy.ADVISORY_SLACK.count());
        return LongStream.of(LARGE_DEBT, LARGE_DEBT - 1)
                .mapToObj(pages -> new Cell(type, driver, Column.GUARDED, Pages.of(pages)))
                .toList();
    }

    /** All cells for that type of guest. */
    public static List<Cell> cells(DomainType type) {
        return Stream.concat(table(type).stream(), budget(type).stream()).toList();
    }

    /** A few cells that tell most of the story: the edge of libxl's rule, of ours, and of the guard's budget. */
    public static List<Cell> sample() {
        return List.of(
                cell(DomainType.PVH, Driver.shortBy(1), Column.XL),
                cell(DomainType.PVH, Driver.shortBy(256), Column.STANDARD),
                cell(DomainType.PVH, Driver.shortBy(257), Column.STANDARD),
                cell(DomainType.PVH, Driver.shortBy(257), Column.GUARDED),
                cell(DomainType.PVH, Driver.none(), Column.BACKED),
                budget(DomainType.PVH).get(1),
                cell(DomainType.HVM, Driver.shortBy(257), Column.XL),
                cell(DomainType.HVM, Driver.shortBy(256), Column.STANDARD),
                cell(DomainType.HVM, Driver.shortBy(257), Column.GUARDED));
    }

    /** The types of guests that are measured. */
    public static List<DomainType> types() {
        return List.of(DomainType.PVH, DomainType.HVM);
    }

    /** The same findings in the order of the matrix. */
    public static Map<Cell, Finding> inOrder(Map<Cell, Finding> findings) {
        Map<Cell, Finding> ordered = new LinkedHashMap<>();
        types().stream()
                .flatMap(type -> cells(type).stream())
                .filter(findings::containsKey)
                .forEach(cell -> ordered.put(cell, findings.get(cell)));
        return ordered;
    }
}
