// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.Prompt.Outcome;

/** Migrations whose further links are commands. */
class FurtherLinkCommandsTest extends MigrateFixture {
    /** A shell script in place of ssh: the first link is cut after 20,000 bytes, and a second one brings the rest. */
    @Test
    @Timeout(120)
    void aMigrationGoesOnByASecondCommandAfterTheFirstHasEnded() throws Exception {
        for (String pipe : List.of("up", "down", "up2", "down2")) {
            makePipe(directory.resolve(pipe));
        }
        // Both directions of the first link end together, as those of ssh.
        String host = receiver("if [ \"$2\" = --further ]; then cat " + directory.resolve("down2") + " & exec cat >"
                + directory.resolve("up2") + "; else cat " + directory.resolve("down")
                + " & dd bs=1 count=20000 status=none >" + directory.resolve("up") + "; kill $!; fi");
        String links = "--links=" + directory.resolve("links");
        List<Outcome> outcomes = whileTimePasses(() -> {
            CompletableFuture<Outcome> receiving = CompletableFuture.supplyAsync(
                    () -> receive(directory.resolve("up"), directory.resolve("down"), "migrate-receive", "-p", links),
                    threads);
            // A receiver that has not read the first frame yet refuses a further link. The sender tries again.
            CompletableFuture<Outcome> relaying = CompletableFuture.supplyAsync(
                    () -> Stream.generate(() -> receive(
                                    directory.resolve("up2"),
                                    directory.resolve("down2"),
                                    "migrate-receive",
                                    "--further",
                                    links))
                            .limit(100)
                            .filter(outcome -> outcome.status() == 0)
                            .findFirst()
                            .orElseThrow(),
                    threads);
            Outcome sent = prompt.run("migrate", "--protocol=own", "-s", "", "web", host);
            return List.of(sent, receiving.join(), relaying.join());
        });
        for (Outcome outcome : outcomes) {
            assertEquals(0, outcome.status(), outcomes.toString());
        }
        assertTrue(remote.run("list", "web").out().contains("--p---"));
        try (Stream<Path> left = Files.list(directory.resolve("links"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    /** Relays the second or third link until a migration has used it, or is over. */
    private int relay(int link, AtomicBoolean over) {
        int status = 1;
        while (status != 0 && !over.get()) {
            status = receive(
                            directory.resolve("up" + link),
                            directory.resolve("down" + link),
                            "migrate-receive",
                            "--further",
                            "--links=" + directory.resolve("links"))
                    .status();
        }
        return status;
    }

    /** Ends the wait of a relay that no link has reached. */
    private void release(int link) {
        for (String pipe : List.of("up" + link, "down" + link)) {
            try (RandomAccessFile both =
                    new RandomAccessFile(directory.resolve(pipe).toFile(), "rw")) {
                assertTrue(both.getFD().valid());
                Thread.sleep(20);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A shell script in place of ssh. The first link takes 20,000 bytes, and the others only once both further links have begun. */
    @Test
    @Timeout(120)
    void pagesTravelOverSeveralCommands() throws Exception {
        for (String pipe : List.of("up", "down", "up1", "down1", "up2", "down2")) {
            makePipe(directory.resolve(pipe));
        }
        String host = receiver(
                """
                cd %s
                if [ "$2" = --further ]; then
                    n=1; mkdir link1 2>/dev/null || n=2
                    mkdir -p begun$n
                    cat down$n & exec cat >up$n
                fi
                cat down &
                exec 3>up
                dd bs=1 count=20000 status=none >&3
                i=0
                while [ ! -d begun2 ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done
                exec cat >&3
                """
                        .formatted(directory));
        AtomicBoolean over = new AtomicBoolean();
        List<Outcome> outcomes = whileTimePasses(() -> {
            CompletableFuture<Outcome> receiving = CompletableFuture.supplyAsync(
                    () -> receive(
                            directory.resolve("up"),
                            directory.resolve("down"),
                            "migrate-receive",
                            "-p",
                            "--links=" + directory.resolve("links")),
                    threads);
            List<CompletableFuture<Integer>> relaying = Stream.of(1, 2)
                    .map(link -> CompletableFuture.supplyAsync(() -> relay(link, over), threads))
                    .toList();
            Outcome sent = prompt.run("migrate", "--protocol=own", "--streams=3", "-s", "", "web", host);
            over.set(true);
            for (int link = 1; link <= relaying.size(); link++) {
                while (!relaying.get(link - 1).isDone()) {
                    release(link);
                }
                assertEquals(0, relaying.get(link - 1).join(), "link " + link);
            }
            return List.of(sent, receiving.join());
        });
        assertEquals(List.of(DONE, DONE), outcomes);
        assertTrue(remote.run("list", "web").out().contains("--p---"));
        try (Stream<Path> left = Files.list(directory.resolve("links"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--streams=0", "--streams=17"})
    void aNumberOfLinksOutOfRangeIsRefused(String option) {
        Outcome outcome = prompt.run("migrate", option, "web", "there");
        assertEquals(2, outcome.status());
        assertTrue(outcome.err().contains("is not between 1 and 16"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--reconnect=0", "--protocol=xl", "--receiver=xl"})
    void severalLinksNeedTheOwnProtocolAndATimeToConnectAgain(String option) {
        Outcome outcome = prompt.run("migrate", "--streams=2", option, "web", "there");
        assertEquals(2, outcome.status());
        assertTrue(outcome.err().contains("--streams: several links need"), outcome.err());
    }

    @Test
    void aFurtherLinkOfNoMigrationIsRefused() throws IOException {
        ByteArrayOutputStream token = new ByteArrayOutputStream();
        token.write(new byte[32]);
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        Outcome refused = remote.runWith(
                new ByteArrayInputStream(token.toByteArray()),
                answer,
                "migrate-receive",
                "--further",
                "--links=" + directory.resolve("missing"));
        assertEquals(1, refused.status());
        assertTrue(
                answer.toString(StandardCharsets.ISO_8859_1).contains("no migration waits there"), answer.toString());
    }
}
