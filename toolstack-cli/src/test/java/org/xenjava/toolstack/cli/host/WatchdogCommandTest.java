// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

class WatchdogCommandTest {
    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private int sleeps;

    /** Lets each sleep of the command take its time, and signals the command after some of them. */
    private void signalAfter(int last, Duration pause) {
        prompt.whileSleeping(() -> {
            xen.advance(pause);
            if (++sleeps == last) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void theWatchdogIsRenewedAtHalfItsTimeout() {
        signalAfter(10, Duration.ofSeconds(15));
        assertEquals(0, prompt.run("watchdog", "30").status());
        assertEquals(Duration.ofSeconds(15), prompt.slept().get(0));
        assertEquals(0, xen.reboots());
    }

    @Test
    void aCommandThatIsTerminatedLeavesTheHostFiveMinutesToShutDown() {
        signalAfter(1, Duration.ofSeconds(5));
        String err =
                "xlj: Xen reboots this host in 300 seconds unless it has shut down or xlj watchdog --disarm is run\n";
        assertEquals(new Outcome(0, "", err), prompt.run("watchdog", "30", "5"));
        xen.advance(Duration.ofSeconds(299));
        assertEquals(0, xen.reboots());
        xen.advance(Duration.ofSeconds(1));
        assertEquals(1, xen.reboots());
    }

    @Test
    void aCommandThatSleepsTooLongFindsItsHostRebooted() {
        signalAfter(5, Duration.ofSeconds(31));
        assertEquals(1, prompt.run("watchdog", "30").status());
        assertEquals(1, xen.reboots());
    }

    @Test
    void anArmedWatchdogIsTakenOverOrDisarmed() {
        signalAfter(1, Duration.ofSeconds(1));
        prompt.run("watchdog", "30");
        Outcome refused = prompt.run("watchdog", "30");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("both watchdog timers"), refused.err());
        sleeps = 0;
        assertEquals(0, prompt.run("watchdog", "--take-over", "30").status());
        assertEquals(new Outcome(0, "", ""), prompt.run("watchdog", "--disarm"));
        xen.advance(Duration.ofSeconds(400));
        assertEquals(0, xen.reboots());
    }

    @ParameterizedTest
    @ValueSource(strings = {"watchdog", "watchdog --disarm 30", "watchdog 30 30", "watchdog 30 0", "watchdog 1"})
    void argumentsThatMakeNoSenseAreRefused(String line) {
        assertEquals(1, prompt.run(line.split(" ")).status());
        xen.advance(Duration.ofSeconds(400));
        assertEquals(0, xen.reboots());
    }
}
