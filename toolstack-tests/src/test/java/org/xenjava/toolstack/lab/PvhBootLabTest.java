// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.memory.KiB;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.memory.Pages;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.pod.PodVerdict;
import org.xenjava.toolstack.xenctrl.PodTarget;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** The project's one job: a PoD guest built by this library boots, balloons, and cannot die of PoD. */
@Tag("lab")
class PvhBootLabTest {
    private static final Duration CONSOLE = Duration.ofSeconds(30);

    private XenLibraries libraries;
    private Xenctrl xenctrl;
    private Toolstack toolstack;
    private String treeBefore;
    private String listBefore;

    @BeforeEach
    void openXen() {
        libraries = JnaXen.open();
        xenctrl = Xenctrl.open(libraries);
        toolstack = Toolstack.open();
        treeBefore = Dom0.xenstoreTree();
        listBefore = Dom0.xl("list", "0");
    }

    @AfterEach
    void closeXen() {
        toolstack.domains().stream().filter(domain -> domain.domid() != 0).forEach(Domain::destroy);
        toolstack.close();
        libraries.close();
    }

    @Test
    void aGuestWithHalfOfItsMemoryOnDemandBootsBalloonsAndLeavesNothing() {
        Domain ours = toolstack.create(LabGuest.config("ours", 256, 512).build());
        PodTarget built = xenctrl.podTarget(ours.domid());
        MemoryStatus memory = ours.memory();
        report("ours, built", built, memory);
        assertEquals(Pages.of(66048), memory.maxPages());
        assertEquals(65280, built.debt());
        assertEquals(KiB.ofMiB(256), memory.target());
        assertEquals(PodVerdict.VULNERABLE, ours.podStatus().verdict());

        ours.unpause();
        LabGuest guest = new LabGuest("ours", ours.consoleTerminal(CONSOLE));
        guest.awaitReady();
        assertTrue(Dom0.xl("list").contains("ours"));
        PodTarget settled = LabGuest.awaitSettled(xenctrl, ours.domid());
        report("ours, ballooned", settled, ours.memory());
        assertEquals(0, settled.debt());
        assertEquals(KiB.ofMiB(256), ours.memory().target());
        assertEquals(KiB.ofMiB(256).toPages().count(), settled.totPages(), 16, "the slack went back to Xen");
        assertEquals(PodVerdict.NOT_VULNERABLE, ours.podStatus().verdict());
        Dom0.report("guest: " + guest.say("status").strip().replace("\n", " | "));

        ours.destroy();
        assertFalse(ours.exists());
        ours.destroy();
        assertEquals(treeBefore, Dom0.xenstoreTree());
    }

    private static void report(String when, PodTarget counters, MemoryStatus memory) {
        Dom0.report("%-16s tot=%d max=%d cache=%d entries=%d debt=%d memory/target=%d static-max=%d"
                .formatted(
                        when,
                        counters.totPages(),
                        memory.maxPages().count(),
                        counters.cachePages(),
                        counters.entries(),
                        counters.debt(),
                        memory.target().value(),
                        memory.staticMax().value()));
    }
}
