// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** mem-set and mem-max, before the guest has ballooned and after. */
@Tag("shares-host")
class ResizeLabTest extends LabFixture {
    @Test
    void aRaiseBeforeBootGrowsTheCacheAndLeavesNoDebtInTheEnd() {
        Domain domain = toolstack.create(LabGuest.config("early", 256, 512).build());
        PodCounters built = report("built 256/512", domain);
        domain.memory().set(KiB.ofMiB(300));
        PodCounters raised = report("mem-set 300 while paused", domain);
        assertEquals(built.totPages() + 44 * 256, raised.totPages());
        assertEquals(Pages.of((300 + 1 + 1) * 256), domain.memory().status().maxPages());
        domain.memory().set(KiB.ofMiB(200));
        domain.memory().set(KiB.ofMiB(300));
        assertEquals(raised, report("down to 200 and up to 300 again", domain));

        boot(domain);
        LabGuest.awaitSettled(domain, xenctrl);
        PodCounters settled = report("300, ballooned", domain);
        assertEquals(0, settled.debt());
        assertEquals(KiB.ofMiB(300), domain.memory().status().target());
    }

    @Test
    void aSettledGuestFollowsItsTargetDownAndUp() {
        Domain domain = toolstack.create(LabGuest.config("settled", 256, 512).build());
        LabGuest guest = boot(domain);
        LabGuest.awaitSettled(domain, xenctrl);
        for (long mib : new long[] {200, 256, 512, 256}) {
            domain.memory().set(KiB.ofMiB(mib));
            awaitCurrent(guest, mib);
            PodCounters now = report("mem-set " + mib, domain);
            assertEquals(0, now.debt());
            assertEquals(mib * 256 + 8, now.totPages(), 2);
            assertEquals(KiB.ofMiB(mib), domain.memory().status().target());
        }
        assertThrows(ConfigException.class, () -> domain.memory().set(KiB.ofMiB(513)));
        domain.memory().setMaximum(KiB.ofMiB(600));
        assertEquals(KiB.ofMiB(600), domain.memory().status().nextMaximum());
        assertEquals(Pages.of(601 * 256), domain.memory().status().maxPages());
        assertThrows(ConfigException.class, () -> domain.memory().setMaximum(KiB.ofMiB(255)));
    }

    private static void awaitCurrent(LabGuest guest, long mib) {
        // Linux shows its target less what its kernel reserved before it knew: 388 KiB on every kernel measured.
        String current = "current_kb=" + (mib * 1024 - 388);
        Dom0.await(
                current,
                Duration.ofMinutes(2),
                () -> guest.say("status").contains(current) ? Optional.of(mib) : Optional.empty());
    }

    @Test
    void aResizeThatTheHostCannotSatisfyTakesNothing() {
        long hostMib = freePages() / 256;
        Domain ours =
                toolstack.create(LabGuest.config("greedy", 256, hostMib + 1024).build());
        long freeBefore = freePages();
        PodCounters before = report("ours, before", ours);
        HostMemoryException e =
                assertThrows(HostMemoryException.class, () -> ours.memory().set(KiB.ofMiB(hostMib + 512)));
        Dom0.report("ours: " + e.getMessage());
        assertEquals(before, report("ours, after", ours));
        assertEquals(Pages.of(66048), ours.memory().status().maxPages());
        assertEquals(KiB.ofMiB(256), ours.memory().status().target());
        assertEquals(freeBefore, freePages());
        Dom0.report("ours: host free " + freeBefore / 256 + " MiB before, " + freePages() / 256 + " MiB after");
        ours.destroy();

        Dom0.xl("create", "-p", LabGuest.xlConfig("xls", 256, hostMib + 1024).toString());
        Domain xls = named("xls");
        long xlBefore = freePages();
        Dom0.Output xl = Dom0.run("xl", "mem-set", "xls", Long.toString(hostMib + 512));
        report("xl's, after (status " + xl.status() + ")", xls);
        Dom0.report("xl: host free " + xlBefore / 256 + " MiB before, " + freePages() / 256 + " MiB after");
        assertTrue(freePages() < 256, "if xl has learnt to claim, this comparison may go");
    }
}
