// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.xenctrl.lib.XenStore.NO_TRANSACTION;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A computer that reboots, by itself or because a watchdog timer of Xen expires. */
class RebootTest {
    private final SimulatedXen machine = SimulatedXen.create();
    private final XenLibraries libraries = machine.connect();
    private final Xenctrl xenctrl = Xenctrl.open(libraries);

    private static Errno refusal(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    private int reboots() {
        return machine.reboots();
    }

    @Test
    void anExpiredTimerRebootsTheHost() {
        assertEquals(1, xenctrl.host().startWatchdog(30));
        machine.advance(Duration.ofMillis(29_999));
        assertEquals(0, reboots());
        machine.advance(Duration.ofMillis(1));
        assertEquals(1, reboots());
    }

    @Test
    void aTimerThatIsSetAgainInTimeDoesNotExpire() {
        int timer = xenctrl.host().startWatchdog(30);
        for (int i = 0; i < 10; i++) {
            machine.advance(Duration.ofSeconds(20));
            xenctrl.host().setWatchdog(timer, 30);
        }
        machine.advance(Duration.ofSeconds(29));
        assertEquals(0, reboots());
        machine.advance(Duration.ofSeconds(1));
        assertEquals(1, reboots());
    }

    @Test
    void theEarlierOfTwoTimersCounts() {
        assertEquals(1, xenctrl.host().startWatchdog(100));
        assertEquals(2, xenctrl.host().startWatchdog(10));
        machine.advance(Duration.ofSeconds(10));
        assertEquals(1, reboots());
    }

    @Test
    void aDomainHasTwoTimersAndAStoppedOneIsFree() {
        xenctrl.host().startWatchdog(30);
        xenctrl.host().startWatchdog(30);
        assertEquals(Errno.ENOSPC, refusal(() -> xenctrl.host().startWatchdog(30)));
        xenctrl.host().setWatchdog(1, 0);
        assertEquals(Errno.EINVAL, refusal(() -> xenctrl.host().setWatchdog(1, 30)));
        assertEquals(1, xenctrl.host().startWatchdog(40));
        xenctrl.host().setWatchdog(2, 0);
        machine.advance(Duration.ofSeconds(39));
        assertEquals(0, reboots());
    }

    @Test
    void timersBelongToDom0AndNotToAProcess() {
        int timer = xenctrl.host().startWatchdog(30);
        libraries.close();
        Xenctrl other = Xenctrl.open(machine.connect());
        other.host().setWatchdog(timer, 60);
        machine.advance(Duration.ofSeconds(59));
        assertEquals(0, reboots());
    }

    @Test
    void afterARebootNoDomainIsLeftAndOldConnectionsAreDead() {
        int domid = xenctrl.domains().create(new CreateDomain(UUID.randomUUID(), 3, 1, 1, 2));
        libraries.store().write(NO_TRANSACTION, "/tool/mine", "1".getBytes(UTF_8));
        long free = xenctrl.host().physInfo().freePages();
        machine.reboot();
        assertEquals(Errno.ENODEV, refusal(() -> xenctrl.domains().pause(domid)));
        assertEquals(
                Errno.EPIPE,
                assertThrows(XenLibException.class, () -> libraries.store().read(NO_TRANSACTION, "/tool/mine"))
                        .errno());
        libraries.close();
        XenLibraries again = machine.connect();
        assertEquals(1, Xenctrl.open(again).domains().list().size());
        assertEquals(
                Errno.ENOENT,
                assertThrows(XenLibException.class, () -> again.store().read(NO_TRANSACTION, "/tool/mine"))
                        .errno());
        assertTrue(Xenctrl.open(again).host().physInfo().freePages() > free);
    }

    @Test
    void timersDoNotOutliveAReboot() {
        xenctrl.host().startWatchdog(30);
        machine.advance(Duration.ofSeconds(10));
        machine.reboot();
        machine.advance(Duration.ofMinutes(1));
        assertEquals(1, reboots());
        assertEquals(Instant.EPOCH.plusSeconds(70), machine.clock().instant());
    }
}
