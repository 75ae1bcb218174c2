// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** An open toolstack on real Xen, and after each test the proof that nothing was left behind. */
@Tag("lab")
abstract class LabFixture {
    static final Duration CONSOLE = Duration.ofSeconds(30);

    private static boolean firstGuestSeen;

    /** Pages by which Xen's and dom0's own tables may grow with guests; any page of a domain shows in xl list. */
    private static final long XEN_KEEPS = 32;

    private XenLibraries libraries;
    private String treeBefore;
    private String listBefore;
    private long freeBefore;

    Xenctrl xenctrl;
    Toolstack toolstack;

    /** The first guest after the host's boot makes Xen's tables for dom0 grow for good: two pages on Xen 4.17. */
    @BeforeAll
    static void seeTheFirstGuestOff() {
        if (firstGuestSeen) {
            return;
        }
        try (Toolstack toolstack = Toolstack.open()) {
            Domain first = toolstack.create(PodGuest.config("first", 8, 16).build());
            PodGuest.boot(first);
            first.destroy();
        }
        firstGuestSeen = true;
    }

    @BeforeEach
    void openXen() {
        libraries = JnaXen.open();
        xenctrl = Xenctrl.open(libraries);
        toolstack = Toolstack.open();
        treeBefore = Dom0.xenstoreTree();
        listBefore = listWithoutTimes();
        freeBefore = freePages();
    }

    @AfterEach
    void nothingIsLeftBehind() {
        toolstack.domains().stream().filter(domain -> domain.domid() != 0).forEach(Domain::destroy);
        try {
            assertNothingLeft();
        } finally {
            toolstack.close();
            libraries.close();
        }
    }

    /** Domains, xenstore and free memory are as before the test. */
    void assertNothingLeft() {
        assertEquals(treeBefore, Dom0.xenstoreTree(), "xenstore-ls before and after");
        assertEquals(listBefore, listWithoutTimes(), "xl list before and after");
        // Freed pages are scrubbed in the background.
        Dom0.await(
                () -> "all memory to be free again: " + (freeBefore - freePages()) + " pages are missing",
                Duration.ofMinutes(1),
                () -> freePages() >= freeBefore - XEN_KEEPS ? Optional.of(freeBefore) : Optional.empty());
        if (freePages() < freeBefore) {
            Dom0.report("Xen keeps " + (freeBefore - freePages()) + " pages of its own");
        }
    }

    long freePages() {
        return toolstack.host().freeMemory().count();
    }

    private static String listWithoutTimes() {
        return Dom0.xl("list")
                .lines()
                .map(line -> line.replaceAll("\\s+\\S{6}\\s+[0-9.]+$", ""))
                .toList()
                .toString();
    }

    /** The domain that xl knows by that name. */
    Domain named(String name) {
        return toolstack.find(name).orElseThrow(() -> new AssertionError("no domain " + name));
    }

    LabGuest boot(Domain domain) {
        domain.unpause();
        LabGuest guest = new LabGuest(domain.name(), domain.console().terminal(CONSOLE));
        guest.awaitReady();
        return guest;
    }

    /** Boots a guest that takes minutes. Waits as long as the guest gets on: it takes pages, or writes. */
    LabGuest bootSlowly(Domain domain) {
        domain.unpause();
        LabGuest guest = new LabGuest(domain.name(), domain.console().terminal(CONSOLE));
        for (String seen = ""; !Dom0.consoleLog(domain.name()).contains("GUEST READY"); ) {
            String last = seen;
            seen = Dom0.await("any progress of " + domain + " since " + last, LabGuest.BOOT, () -> {
                String now = xenctrl.memory().podTarget(domain.domid())
                        + Dom0.consoleLog(domain.name())
                        + xenctrl.domains().info(domain.domid()).orElseThrow().shutdownReason();
                return now.equals(last) ? Optional.empty() : Optional.of(now);
            });
        }
        return guest;
    }

    /** Shows a domain's numbers in the log, for the record. */
    PodCounters report(String when, Domain domain) {
        PodCounters counters = xenctrl.memory().podTarget(domain.domid());
        MemoryStatus memory = domain.memory().status();
        Dom0.report("%-34s tot=%d max=%d cache=%d entries=%d debt=%d memory/target=%d static-max=%d"
                .formatted(
                        when,
                        counters.totPages(),
                        memory.maxPages().count(),
                        counters.cachePages(),
                        counters.entries(),
                        counters.debt(),
                        memory.target().value(),
                        memory.staticMax().value()));
        return counters;
    }
}
