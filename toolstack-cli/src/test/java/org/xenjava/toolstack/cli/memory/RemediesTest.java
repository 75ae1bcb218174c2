// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardState;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.pod.PodRemedy;
import org.xenjava.toolstack.xenctrl.units.KiB;

class RemediesTest {
    private static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of(
                        new PodRemedy.LowerTarget(7, KiB.ofMiB(48)),
                        "xenstore-write /local/domain/7/memory/target 49152"),
                Arguments.of(new PodRemedy.ShutDown(7), "xl shutdown 7"),
                Arguments.of(new PodRemedy.Guard(7), "xlj guard --once --domain 7"),
                Arguments.of(new PodRemedy.UnpauseAndGuard(7), "xl unpause 7 && xlj guard --once --domain 7"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachRemedyIsOneCommand(PodRemedy remedy, String command) {
        assertEquals(command, Remedies.command(remedy));
    }

    @Test
    void aRefusalForDebtNamesTheCommandThatCoversIt() {
        PodDebtException refusal = new PodDebtException("saving domain 7: 98 pages are missing", 98);
        refusal.during(Attempt.on(7, "saving domain 7"));
        assertEquals(
                "saving domain 7: 98 pages are missing"
                        + " (xlj guard --once --mode cover-at-once --patience 0 --domain 7)",
                Remedies.explain(refusal));
    }

    private static String line(GuardState to, Optional<String> refusal, PodRemedy remedy) {
        return GuardReport.line(new GuardEvent(
                7, "web", GuardState.BALLOONING, to, 1, 0, Inspection.NONE, refusal, Optional.of(remedy)));
    }

    @Test
    void theLineOfAnEventEndsWithTheRemedy() {
        assertEquals(
                "web (7): short: its balloon driver has stopped 1 page short: load in the guest may crash it (XSA-153); "
                        + "stop it while it can still stop in order: xl shutdown 7",
                line(GuardState.SHORT, Optional.empty(), new PodRemedy.ShutDown(7)));
        assertEquals(
                "web (7): gave-up: 1 page short and not covered: the host has no memory; free memory or raise the "
                        + "budget, or try xenstore-write /local/domain/7/memory/target 1024",
                line(
                        GuardState.GAVE_UP,
                        Optional.of("the host has no memory"),
                        new PodRemedy.LowerTarget(7, KiB.ofMiB(1))));
    }
}
