// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A guest that fills all its memory before its balloon driver has freed a page. */
class BackedBootLabTest extends LabFixture {
    private static final long MEMORY = 64;
    private static final long MAX_MEMORY = 128;

    @Test
    void aGuestThatXlBuiltCrashesIfItFillsItsMemoryFirst() {
        Dom0.xl("create", "-p", PodGuest.xlConfig("xls", MEMORY, MAX_MEMORY).toString());
        assertCrashes(named("xls"));
    }

    @Test
    void aGuestWhoseBootIsNotBackedCrashesIfItFillsItsMemoryFirst() {
        assertCrashes(
                toolstack.create(PodGuest.config("bare", MEMORY, MAX_MEMORY).build()));
    }

    private void assertCrashes(Domain domain) {
        report(domain.name() + ", paused", domain);
        PodGuest.boot(domain).startFilling();
        assertEquals(ShutdownReason.CRASH, domain.lifecycle().awaitShutdown(Duration.ofMinutes(1)));
        report(domain.name() + ", crashed", domain);
        String message = "Dom" + domain.domid() + " out of PoD memory!";
        Dom0.report(Dom0.xl("dmesg")
                .lines()
                .filter(line -> line.contains(message))
                .findFirst()
                .orElseThrow());
    }

    @Test
    void aGuestWhoseBootIsBackedFillsItsMemoryAndThenReturnsWhatItWasLent() {
        try (Toolstack backing =
                Toolstack.options().backedBoot(BackedBoot.full()).open()) {
            Domain domain =
                    backing.create(PodGuest.config("backed", MEMORY, MAX_MEMORY).build());
            assertEquals(0, report("backed, paused", domain).debt());
            Dom0.report("lent: " + domain.pod().lent());
            PodGuest guest = PodGuest.boot(domain);
            Dom0.report("FILLED " + guest.fill() + " pages before the first page was freed");
            assertEquals(0, report("backed, filled", domain).debt());

            backing.guard(GuardPolicy.standard(), GuardListener.NONE);
            guest.balloon(0);
            Pages maximum = Pages.of((MEMORY + 2) * 256);
            Dom0.await("the guard to lower max_mem", LabGuest.BOOT, () -> Optional.of(
                            domain.memory().status().maxPages())
                    .filter(maximum::equals));
            report("backed, ballooned", domain);
            assertEquals(Pages.ZERO, domain.pod().lent());
            Dom0.report("FILLED " + guest.fill() + " pages");
            assertTrue(domain.status().shutdownReason().isEmpty());
        }
    }
}
