// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The test guest itself: what it says of its memory is what Xen says. */
@Tag("shares-host")
class PodGuestLabTest extends LabFixture {
    /** A superpage: what Xen populates when one page of it is touched. */
    private static final long BLOCK = 512;

    @Test
    void xenCountsTheGuestsMemoryOperations() {
        Domain domain = toolstack.create(PodGuest.config("pod-exact", 16, 32).build());
        PodGuest guest = PodGuest.boot(domain);
        PodCounters booted = report("booted", domain);
        PodGuest.Info info = guest.info();
        assertEquals(32 * 256, info.ownPages() + info.ramPages());
        assertEquals(booted.totPages(), info.reservation());
        assertEquals(32 * 256 - BLOCK, booted.entries(), "all but the guest's own superpage waits to be touched");

        guest.read(2 * BLOCK, 1);
        guest.write(3 * BLOCK, 3);
        guest.verify(3 * BLOCK, 3);
        assertEquals(
                booted.entries() - 2 * BLOCK,
                report("two superpages touched", domain).entries());
        guest.zero(3 * BLOCK + 1, 1);
        assertThrows(AssertionError.class, () -> guest.verify(3 * BLOCK, 3));

        guest.free(5 * BLOCK, 100);
        PodCounters freed = report("100 pages freed", domain);
        assertEquals(booted.debt() - 100, freed.debt());
        guest.populate(5 * BLOCK, 10);
        assertEquals(
                freed.totPages() + 10, report("10 of them populated", domain).totPages());
        guest.move(5 * BLOCK, 5 * BLOCK + 50);
        assertThrows(AssertionError.class, () -> guest.read(5 * BLOCK, 1));
        guest.write(5 * BLOCK + 50, 1);
        assertEquals(info.ramPages() - 90, guest.info().ramPages());

        guest.shutdown(ShutdownReason.REBOOT);
        assertEquals(ShutdownReason.REBOOT, domain.lifecycle().awaitShutdown(Duration.ofMinutes(1)));
    }
}
