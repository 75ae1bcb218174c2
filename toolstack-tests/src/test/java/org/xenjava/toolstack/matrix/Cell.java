// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.time.Duration;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * One guest of the matrix.
 *
 * @param type of guest
 * @param driver its balloon driver
 * @param column who builds it and how
 * @param budget pages that the guard may lend it; none where nobody guards
 */
public record Cell(DomainType type, Driver driver, Column column, Pages budget) {
    /** Its name, as a domain. */
    public static final String NAME = "matrix";

    /** So short that a cell takes seconds, so long that a guest on a slow machine is not taken for one that stands. */
    private static final Duration BOOT = Duration.ofSeconds(20);

    private static final Duration STALL = Duration.ofSeconds(5);
    private static final Duration NUDGE = Duration.ofSeconds(2);

    /** Whether there is a guard. */
    public boolean guarded() {
        return column == Column.GUARDED;
    }

    /** What the guard may do: all it may by default, only sooner, and within the cell's budget. */
    public GuardPolicy guardPolicy() {
        GuardPolicy standard = GuardPolicy.standard();
        return standard.withTimeouts(BOOT, STALL, NUDGE)
                .withLending(
                        budget, standard.lending().perHost(), standard.lending().reserve());
    }

    /**
     * The guest as an xl.cfg, which both toolstacks read.
     *
     * @param program the PVH kernel; or what an HVM guest starts with in place of hvmloader
     * @param more lines besides
     */
    public String config(Object program, String... more) {
        String machine =
                switch (type) {
                    case PVH, PV -> "kernel=\"%s\"".formatted(program);
                    case HVM -> "firmware_override=\"%s\"\nvga=\"stdvga\"\nvideoram=16\nvnc=0".formatted(program);
                };
        return """
                name="%s"
                type="%s"
                %s
                memory=%d
                maxmem=%d
                vcpus=1
                on_crash="preserve"
                %s
                """
                .formatted(
                        NAME,
                        type.word(),
                        machine,
                        Matrix.MEMORY.value() / KiB.ofMiB(1).value(),
                        Matrix.MAX_MEMORY.value() / KiB.ofMiB(1).value(),
                        String.join("\n", more));
    }

    @Override
    public String toString() {
        String lender = guarded() ? ", budget " + budget.count() : "";
        return type.word() + ", " + driver + ", " + column.title() + lender;
    }
}
