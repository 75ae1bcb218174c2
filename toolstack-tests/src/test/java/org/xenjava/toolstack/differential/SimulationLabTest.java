// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/**
 * Real Xen against the simulated one. {@code -Ddifferential.sequences=N} and {@code -Ddifferential.seed=S} choose
 * others than the default.
 */
@Tag("lab")
class SimulationLabTest {
    private static final int STEPS = 60;
    private static final int MOST_SHOWN = 5;

    @Test
    void theSimulationAnswersEveryStepAsRealXenDoes() {
        long firstSeed = Long.getLong("differential.seed", 153);
        int sequences = Integer.getInteger("differential.sequences", 60);
        try (XenLibraries libraries = JnaXen.open()) {
            Comparison comparison = new Comparison(
                    new Machine("real", Xenctrl.open(libraries)),
                    new Machine(
                            "simulated",
                            Xenctrl.open(SimulatedXen.builder().build().connect())));

            List<String> mismatches = new ArrayList<>();
            for (long seed = firstSeed; seed < firstSeed + sequences && mismatches.size() < MOST_SHOWN; seed++) {
                long current = seed;
                comparison
                        .compare(new RandomSteps(seed).sequence(STEPS))
                        .ifPresent(found -> mismatches.add(comparison.describe(current, comparison.shrink(found))));
            }
            assertEquals("", String.join("\n", mismatches));
            System.out.println("LAB differential: " + sequences * STEPS + " steps in " + sequences
                    + " sequences agree, seeds " + firstSeed + " … " + (firstSeed + sequences - 1));
        }
    }
}
