// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;

/** Who dies of XSA-153, to the page: guests whose driver stops short and which then fill all their memory. */
class PodCrashLabTest extends LabFixture {
    private static final long MEMORY_MIB = 64;
    private static final long MAX_MEMORY_MIB = 128;
    private static final long TARGET_PAGES = MEMORY_MIB * 256;
    private static final long SLACK_PAGES = 256;

    @Test
    void aGuestOfOursLivesOneMebibyteShortOfItsTargetAndDiesOfOnePageMore() {
        assertLives(ours(), 0);
        assertLives(ours(), SLACK_PAGES);
        assertDies(ours(), SLACK_PAGES + 1);
    }

    @Test
    void aGuestOfXlsDiesOnePageShortOfItsTarget() {
        assertLives(xls(), 0);
        assertDies(xls(), 1);
    }

    private Domain ours() {
        return toolstack.create(
                PodGuest.config("pod-ours", MEMORY_MIB, MAX_MEMORY_MIB).build());
    }

    private Domain xls() {
        String config = PodGuest.xlConfig("pod-xls", MEMORY_MIB, MAX_MEMORY_MIB).toString();
        Dom0.xl("create", "-p", config);
        return named("pod-xls");
    }

    private void assertLives(Domain domain, long shortfall) {
        PodGuest guest = PodGuest.boot(domain);
        balloon(domain, guest, shortfall, 0);
        long kernelPages = guest.info().ownPages();
        assertEquals(TARGET_PAGES + shortfall - kernelPages, guest.fill());
        Dom0.report(domain + " lives");
        domain.destroy();
    }

    /** It is one page that it lacks. */
    private void assertDies(Domain domain, long shortfall) {
        PodGuest guest = PodGuest.boot(domain);
        balloon(domain, guest, shortfall, 1);
        guest.startFilling();
        assertEquals(ShutdownReason.CRASH, domain.awaitShutdown(Duration.ofMinutes(1)));
        long owned = xenctrl.podTarget(domain.domid()).totPages();
        String lastWords =
                "Dom%d out of PoD memory! (tot=%d ents=1 dom%d)".formatted(domain.domid(), owned, domain.domid());
        Dom0.report(domain + " dies: " + consoleOfXen(lastWords));
        domain.destroy();
    }

    private void balloon(Domain domain, PodGuest guest, long shortfall, long debt) {
        long all = (MAX_MEMORY_MIB - MEMORY_MIB) * 256;
        assertEquals(all - shortfall, guest.balloon(shortfall));
        assertEquals(
                debt,
                report(domain.name() + ", " + shortfall + " pages short", domain)
                        .debt());
    }

    private static String consoleOfXen(String words) {
        return Dom0.xl("dmesg")
                .lines()
                .filter(line -> line.contains(words))
                .findFirst()
                .orElseThrow(() -> new AssertionError("Xen has not said: " + words));
    }
}
