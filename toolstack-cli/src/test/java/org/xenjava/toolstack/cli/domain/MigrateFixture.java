// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;

/** Two simulated hosts, a guest, and shell scripts in place of ssh. */
abstract class MigrateFixture {
    static final Outcome DONE = new Outcome(0, "", "");

    /** The name of the guest without a balloon driver. */
    static final String STUCK = "stuck";

    final SimulatedXen here =
            SimulatedXen.builder().guests(MigrateFixture::software).build();
    final SimulatedXen there =
            SimulatedXen.builder().partnerOf(here).bridge("br-there").build();
    final Prompt prompt = Prompt.on(here);
    final Prompt remote = Prompt.on(there);

    /** A thread for each end. The common pool has only one on a machine of two processors. */
    final Executor threads = work -> new Thread(work, "end of a migration").start();

    @TempDir
    Path directory;

    private static SimulatedGuest software(GuestIdentity identity) {
        return identity.name().equals(STUCK)
                ? SimulatedGuest.with(BalloonDriver.of(BalloonFamily.NONE))
                : SimulatedGuest.linux();
    }

    @BeforeEach
    void start() {
        String config = new GuestFiles(directory).config("web", "memory = 64");
        assertEquals(DONE, prompt.run("create", config));
        here.advance(Duration.ofMinutes(1));
    }

    /** The command line of a receiver that does what a line of the shell says. */
    String receiver(String line) throws IOException {
        Path script = Files.writeString(directory.resolve("receiver.sh"), line + "\n");
        return "sh " + script + " migrate-receive";
    }

    <T> T whileTimePasses(Supplier<T> work) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Thread clock = new Thread(() -> {
            while (!over.get()) {
                here.advance(Duration.ofMillis(100));
                there.advance(Duration.ofMillis(100));
                Thread.yield();
            }
        });
        clock.start();
        try {
            return work.get();
        } finally {
            over.set(true);
            clock.join();
        }
    }

    void makePipe(Path path) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
    }

    Outcome receive(Path up, Path down, String... args) {
        try (InputStream in = new FileInputStream(up.toFile());
                OutputStream out = new FileOutputStream(down.toFile())) {
            return remote.runWith(in, out, args);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
