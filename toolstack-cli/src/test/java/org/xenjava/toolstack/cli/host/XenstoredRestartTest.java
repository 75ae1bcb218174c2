// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Commands while xenstored is dead, and after its restart. */
class XenstoredRestartTest {
    private static final int POWER_OFF = 0;
    private static final int REBOOT = 1;

    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
    }

    private boolean runs(int domid) {
        return Prompt.hypercalls(xen).domains().list().stream()
                .anyMatch(info -> info.domid() == domid && !info.paused() && !info.shutdown());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "list",
                "info",
                "domid web",
                "destroy web",
                "pause web",
                "mem-set web 32",
                "pod-check web",
                "gc",
                "block-list web"
            })
    void aCommandSaysInOneLineThatXenstoredIsGone(String line) {
        prompt.run("create", "-p", files.config("web", "memory = 64"));
        xen.stopXenstored();
        Outcome outcome = prompt.run(line.split(" "));
        assertTrue(outcome.status() == 1 || outcome.status() == 255, outcome.toString());
        assertTrue(outcome.err().matches("xlj: [^\n]*xenstored[^\n]*\n"), outcome.err());
        assertEquals("", outcome.out());
        xen.startXenstored();
        assertEquals("web\n", prompt.run("domname", "1").out());
    }

    /** The foreground supervisor waits, connects again, and acts on what happened meanwhile. */
    @Test
    @Timeout(60)
    void aGuestIsSupervisedThroughARestart() {
        Deque<Runnable> events = new ArrayDeque<>(List.of(
                xen::stopXenstored,
                () -> xen.guest(1).orElseThrow().shutDown(REBOOT),
                () -> {},
                xen::startXenstored,
                () -> xen.guest(2).orElseThrow().shutDown(POWER_OFF)));
        prompt.whileSleeping(() -> {
            // The service's thread connects again and restarts the guest in its own time.
            boolean restarted = runs(2);
            xen.advance(Duration.ofMinutes(1));
            if (events.size() > 1 || !events.isEmpty() && restarted) {
                events.remove().run();
            }
        });
        Outcome outcome = prompt.run("create", "-F", files.config("web", "memory = 64"));
        assertEquals(0, outcome.status(), outcome.err());
        assertTrue(outcome.err().contains("domain 2 (web): restarted; it was domain 1"), outcome.err());
        assertTrue(outcome.err().endsWith("domain 2 (web): destroyed\n"), outcome.err());
        assertTrue(!outcome.err().contains("Exception"), outcome.err());
    }
}
