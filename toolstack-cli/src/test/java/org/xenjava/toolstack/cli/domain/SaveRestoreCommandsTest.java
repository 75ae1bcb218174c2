// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

class SaveRestoreCommandsTest {
    private static final Outcome DONE = new Outcome(0, "", "");

    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));
    private String saved = "";

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
        saved = temporary.resolve("web.save").toString();
    }

    /** Runs a command while virtual time passes, which a guest needs to suspend itself. */
    private Outcome run(String... args) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Thread clock = new Thread(() -> {
            while (!over.get()) {
                xen.advance(Duration.ofMillis(100));
                Thread.yield();
            }
        });
        clock.start();
        try {
            return prompt.run(args);
        } finally {
            over.set(true);
            clock.join();
        }
    }

    private String state(String domain) {
        String[] columns = prompt.run("list", domain).out().split("\n")[1].split(" +|\t");
        return columns[4];
    }

    @Test
    void aGuestIsSavedAndRestored() throws InterruptedException {
        assertEquals(DONE, prompt.run("create", files.config("web", "memory = 64")));
        xen.advance(Duration.ofMinutes(1));
        assertEquals(DONE, run("save", "web", saved));
        assertEquals(new Outcome(1, "", "xlj: there is no domain 'web'\n"), prompt.run("list", "web"));
        assertTrue(prompt.run("stream-info", saved).out().contains("The file is well-formed"));
        assertEquals(DONE, prompt.run("restore", "-p", saved));
        assertEquals("--p---", state("web"));
        assertEquals(DONE, prompt.run("destroy", "web"));
        assertEquals(DONE, prompt.run("restore", saved));
        assertEquals('-', state("web").charAt(2));
    }

    @Test
    void aGuestIsSavedAndStays() throws InterruptedException {
        assertEquals(DONE, prompt.run("create", files.config("web", "memory = 64")));
        xen.advance(Duration.ofMinutes(1));
        assertEquals(DONE, run("save", "-c", "web", saved));
        assertEquals("-b----", state("web"));
        assertEquals(DONE, run("save", "-p", "web", saved));
        assertEquals("--p---", state("web"));
    }

    @Test
    void aGuestWithDebtIsSavedAfterItIsCovered() throws InterruptedException {
        String config = files.config("web", "memory = 64", "maxmem = 128");
        assertEquals(DONE, prompt.run("create", "-p", "--backed-boot=off", config));
        assertEquals(DONE, prompt.run("unpause", "web"));
        Outcome refused = prompt.run("save", "-c", "web", saved);
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("populate-on-demand entries without a page"), refused.err());
        assertEquals(DONE, run("save", "-c", "--cover", "web", saved));
        assertTrue(prompt.run("stream-info", saved).out().contains("The file is well-formed"));
    }

    @Test
    void whatCannotBeSavedOrRestoredIsSaid() {
        assertEquals(new Outcome(1, "", "xlj: domain 0 cannot be saved\n"), prompt.run("save", "0", saved));
        assertEquals(new Outcome(1, "", "xlj: " + saved + ": the file does not exist\n"), prompt.run("restore", saved));
    }
}
