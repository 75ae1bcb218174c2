// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.sim.SimulatedXen;

/** A host that reboots unless its watchdog is renewed. */
class HostWatchdogTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final SimulatedXen xen = SimulatedXen.create();
    private final PausingClock clock = new PausingClock();
    private final HostWatchdog watchdog = new HostWatchdog(HostWiring.of(xen.host(), Toolstack.options()), clock);

    /** The machine's time; after some readings, the process stops for a while before it goes on. */
    private final class PausingClock implements InstantSource {
        private int readingsUntilPause = Integer.MAX_VALUE;
        private Duration pause = Duration.ZERO;

        @Override
        public Instant instant() {
            Instant now = xen.clock().instant();
            if (readingsUntilPause-- == 0) {
                xen.advance(pause);
            }
            return now;
        }

        void pauseAfter(int readings, Duration time) {
            readingsUntilPause = readings;
            pause = time;
        }
    }

    private void pass(int seconds) {
        xen.advance(Duration.ofSeconds(seconds));
    }

    @Test
    void aHostWhoseWatchdogIsRenewedStaysUp() {
        ArmedWatchdog armed = watchdog.arm(TIMEOUT);
        for (int i = 0; i < 20; i++) {
            pass(29);
            armed.renew();
        }
        assertEquals(0, xen.reboots());
        assertEquals(Instant.EPOCH.plusSeconds(20 * 29 + 30), armed.deadline());
        pass(30);
        assertEquals(1, xen.reboots());
    }

    @Test
    void aClosedWatchdogRebootsNothing() {
        watchdog.arm(TIMEOUT).close();
        pass(100);
        assertEquals(0, xen.reboots());
        watchdog.arm(TIMEOUT).close();
    }

    @Test
    void theTimeoutMayBeginInThePast() {
        ArmedWatchdog armed = watchdog.arm(TIMEOUT);
        Instant lease = armed.now();
        pass(20);
        armed.renew(lease);
        pass(9);
        assertEquals(0, xen.reboots());
        pass(1);
        assertEquals(1, xen.reboots());
    }

    @Test
    void aRenewalThatComesTooLateChangesNothing() {
        ArmedWatchdog armed = watchdog.arm(TIMEOUT);
        Instant lease = armed.now();
        pass(29);
        armed.renew();
        pass(20);
        assertThrows(OperationTimeoutException.class, () -> armed.renew(lease));
        assertEquals(0, xen.reboots());
        pass(10);
        assertEquals(1, xen.reboots());
    }

    static Stream<Arguments> pauses() {
        return IntStream.range(0, 6).boxed().flatMap(readings -> IntStream.iterate(
                        1, seconds -> seconds < 90, seconds -> seconds + 11)
                .mapToObj(seconds -> Arguments.of(readings, Duration.ofSeconds(seconds))));
    }

    /** Wherever the process stops within a renewal, and for however long, it cannot postpone the reboot. */
    @ParameterizedTest
    @MethodSource("pauses")
    void aPauseWithinARenewalDoesNotPostponeTheReboot(int readings, Duration pause) {
        ArmedWatchdog armed = watchdog.arm(TIMEOUT);
        pass(10);
        Instant lease = armed.now();
        clock.pauseAfter(readings, pause);
        try {
            armed.renew(lease);
        } catch (OperationTimeoutException | XenCallException e) {
            // The renewal came too late, or the host had rebooted.
        }
        Duration left =
                Duration.between(xen.clock().instant(), lease.plus(TIMEOUT).plusSeconds(1));
        if (!left.isNegative()) {
            xen.advance(left);
        }
        assertEquals(1, xen.reboots());
    }

    @Test
    void aSecondProcessIsRefusedAndOneThatTakesOverIsNot() {
        watchdog.arm(TIMEOUT);
        String refusal = assertThrows(DomainStateException.class, () -> watchdog.arm(TIMEOUT))
                .getMessage();
        assertTrue(refusal.contains("both watchdog timers of domain 0 are in use"), refusal);
        pass(29);
        ArmedWatchdog successor = watchdog.takeOver(TIMEOUT);
        pass(29);
        assertEquals(0, xen.reboots());
        successor.close();
        pass(100);
        assertEquals(0, xen.reboots());
    }

    @Test
    void timersThatAreLeftRunningRebootTheHostUnlessTheyAreDisarmed() {
        watchdog.arm(TIMEOUT).leaveRunning(Duration.ofSeconds(300));
        pass(299);
        assertEquals(0, xen.reboots());
        watchdog.disarm();
        pass(10);
        assertEquals(0, xen.reboots());
        watchdog.arm(TIMEOUT).leaveRunning(Duration.ofSeconds(300));
        pass(300);
        assertEquals(1, xen.reboots());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT1S", "PT2.5S", "PT24H1S", "-PT5S"})
    void aTimeoutThatXenCannotHaveIsRefused(Duration timeout) {
        assertThrows(ConfigException.class, () -> watchdog.arm(timeout));
    }
}
