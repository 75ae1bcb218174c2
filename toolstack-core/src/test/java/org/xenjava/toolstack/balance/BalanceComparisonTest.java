// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds what docs/balance.md says about the policy beside squeezed's and qmemman's rules. */
class BalanceComparisonTest {
    private static final Map<String, ModelScenario> SCENARIOS =
            ModelScenario.known().stream().collect(Collectors.toMap(ModelScenario::title, scenario -> scenario));

    private static ModelFigures run(String policy, ModelScenario scenario) {
        BalanceComparison.Contestant contestant = BalanceComparison.contestants().stream()
                .filter(each -> each.name().equals(policy))
                .findFirst()
                .orElseThrow();
        return BalanceComparison.run(scenario, contestant, 1);
    }

    private static ModelFigures run(String policy, String title) {
        return run(policy, SCENARIOS.get(title));
    }

    @Test
    void aBootStormIsServedTogether() {
        String title = "boot storm: 12 builds of 1 GiB in 12 s";
        double ours = run("xlj", title).meanAnswer();
        assertTrue(ours < run("squeezed", title).meanAnswer() / 4, "mean answer: " + ours);
        assertTrue(ours < run("qmemman", title).meanAnswer() / 4, "mean answer: " + ours);
    }

    @Test
    void aRequestThatCannotBeMetMovesNothing() {
        ModelFigures ours = run("xlj", "more than can be had (16 GiB asked)");
        assertEquals(1, ours.refused);
        assertEquals(0, ours.worstAnswer());
        assertEquals(0, ours.gibPerMinute());
        assertTrue(run("squeezed", "more than can be had (16 GiB asked)").gibPerMinute() > 1);
    }

    @Test
    void noiseTurnsNoGuestAround() {
        assertEquals(0, run("xlj", "steady demand with noise").turnsPerGuestAndMinute());
        assertTrue(run("qmemman", "steady demand with noise").turnsPerGuestAndMinute() > 5);
    }

    @Test
    void guestsThatAreBootingKeepNoDebt() {
        String title = "PoD guests boot while memory comes free";
        assertEquals(0, run("xlj", title).debtMib());
        assertTrue(run("squeezed", title).debtMib() > 0);
    }

    @Test
    void inEveryScenarioNoGuestIsBelowItsFloorAndNoBuildBreaks() {
        List<ModelScenario> drawn = ModelScenario.drawn(BalanceComparison.DRAWN_SEED, 10);
        for (ModelScenario scenario : drawn) {
            ModelFigures ours = run("xlj", scenario);
            assertEquals(0, ours.broke, scenario.title());
            assertEquals(0, ours.guestsBelowFloor(), scenario.title());
        }
    }
}
