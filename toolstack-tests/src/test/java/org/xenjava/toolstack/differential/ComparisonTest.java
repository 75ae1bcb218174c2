// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** The harness itself: it agrees where it should, and finds and shrinks a difference where there is one. */
class ComparisonTest {
    private static Machine simulated(String name, SimulatedXen.Builder settings) {
        return new Machine(name, Xenctrl.open(settings.build().connect()));
    }

    @Test
    void twoEqualMachinesAgreeOnRandomSteps() {
        Comparison comparison =
                new Comparison(simulated("one", SimulatedXen.builder()), simulated("two", SimulatedXen.builder()));
        for (long seed = 0; seed < 40; seed++) {
            assertEquals(Optional.empty(), comparison.compare(new RandomSteps(seed).sequence(50)));
        }
    }

    @Test
    void aMachineWithTooLittleMemoryIsFoundOutAndTheStepsAreFew() {
        SimulatedXen.Builder small =
                SimulatedXen.builder().hostPages(3000).dom0Pages(500).xenPages(0);
        Comparison comparison = new Comparison(simulated("large", SimulatedXen.builder()), simulated("small", small));
        List<Step> steps = List.of(
                new Step.MaxMem(40_000),
                new Step.PopulateOnDemand(0, 1, 9),
                new Step.Touch(3, 1, 1),
                new Step.SetPodTarget(9_000),
                new Step.Claim(0));
        Comparison.Mismatch mismatch =
                comparison.shrink(comparison.compare(steps).orElseThrow());
        assertEquals(List.of(steps.get(0), steps.get(3)), mismatch.steps());
        assertEquals("0", mismatch.left().answer());
        assertEquals("ENOMEM", mismatch.right().answer());
        String text = comparison.describe(7, mismatch);
        assertTrue(text.contains("seed 7") && text.contains("SetPodTarget[pages=9000]"), text);
    }
}
