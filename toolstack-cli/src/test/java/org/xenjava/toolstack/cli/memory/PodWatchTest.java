// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class PodWatchTest {
    private final SimulatedXen xen = SimulatedXen.builder()
            .guests(identity ->
                    SimulatedGuest.with(BalloonDriver.of(BalloonFamily.LINUX).atPace(2048, Duration.ofSeconds(1))))
            .build();
    private final Prompt prompt = Prompt.on(xen);
    private Path directory = Path.of("");

    @BeforeEach
    void startAGuest(@TempDir Path temporary) {
        directory = temporary;
        GuestFiles files = new GuestFiles(temporary);
        prompt.run("create", "--backed-boot", "off", "--no-guard", files.config("web", "memory = 64", "maxmem = 128"));
        prompt.whileSleeping(() -> xen.advance(Duration.ofSeconds(1)));
    }

    @Test
    void eachChangeIsALineUntilTheGuestIsSettled() {
        Outcome outcome = prompt.run("pod-watch", "web");
        assertEquals(0, outcome.status());
        List<String> lines = outcome.out().lines().toList();
        assertEquals("    0.0 s  owns 16649 of 16384  entries 32256  cache 16128  debt 16128", lines.get(0));
        assertEquals("web (1): settled: every entry has its page", lines.get(lines.size() - 1));
        assertTrue(lines.size() > 4 && lines.size() < 15, outcome.out());
    }

    @Test
    void aCrashIsReportedWithXensReason() {
        prompt.whileSleeping(() -> {
            xen.advance(Duration.ofSeconds(1));
            xen.guest(1).orElseThrow().load();
        });
        Outcome outcome = prompt.run("pod-watch", "web");
        assertEquals(1, outcome.status());
        assertTrue(
                outcome.out()
                        .matches("(?s).*\nweb \\(1\\): crash: the guest has stopped \\(crash\\); Xen's message: "
                                + ".*Dom1 out of PoD memory! \\(tot=\\d+ ents=\\d+ dom1\\)\n"),
                outcome.out());
    }

    @Test
    void aGuestThatIsDestroyedEndsTheWatch() {
        prompt.whileSleeping(() -> Prompt.hypercalls(xen).domains().destroy(1));
        Outcome outcome = prompt.run("pod-watch", "web");
        assertEquals(1, outcome.status());
        assertTrue(outcome.out().endsWith("web (1): gone: the domain was destroyed\n"), outcome.out());
    }

    @Test
    void ctrlCEndsTheWatchAndStillDraws() {
        prompt.whileSleeping(() -> Thread.currentThread().interrupt());
        Path file = directory.resolve("web.svg");
        Outcome outcome = prompt.run("pod-watch", "web", "--chart", file.toString());
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().endsWith("web (1): stopped: the guest runs on\n"), outcome.out());
        assertTrue(Files.exists(file));
    }

    @Test
    void jsonIsALinePerLookAndOneForTheEnd() {
        List<JsonObject> lines = prompt.run("pod-watch", "--json", "web")
                .out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        assertEquals(16384, lines.get(0).get("told_pages").getAsLong());
        assertEquals(16128, lines.get(0).get("debt").getAsLong());
        assertEquals("settled", lines.get(lines.size() - 1).get("end").getAsString());
    }

    @Test
    void aTerminalHasAPlotThatIsRedrawn() {
        Outcome outcome = prompt.runOnTerminal("pod-watch", "web");
        assertTrue(outcome.out().contains("\033[16F\033[J    32256 |#"), outcome.out());
        assertTrue(outcome.out().endsWith("web (1): settled: every entry has its page\n"), outcome.out());
    }

    @Test
    void theEndIsDrawnToAFile() throws IOException {
        Path svg = directory.resolve("web.svg");
        Path png = directory.resolve("web.png");
        prompt.run("pod-watch", "web", "--chart", png.toString());
        prompt.run("pod-watch", "web", "--chart", svg.toString());
        assertTrue(Files.readString(svg).contains(" width=\"720\""));
        assertEquals(1440, ImageIO.read(png.toFile()).getWidth());
    }

    @Test
    void aPlotHasBothCurves() {
        List<String> plot = WatchPlot.of(List.of(sample(0, 100, 200), sample(5, 100, 100), sample(10, 50, 50)));
        assertEquals(WatchPlot.HEIGHT + 2, plot.size());
        assertTrue(plot.get(0).matches(" +200 \\|#{32} *"), plot.get(0));
        String middle = plot.get(6);
        assertTrue(middle.matches(" +108 \\|o{32}@{31}"), middle);
        assertTrue(plot.get(10).endsWith(" @"), plot.get(10));
        assertTrue(plot.get(14).endsWith(" 10 s"), plot.get(14));
    }

    private static WatchSample sample(int second, long cache, long entries) {
        PodStatus pod = new PodStatus(1, "web", new PodCounters(300, cache, entries));
        return new WatchSample(Duration.ofSeconds(second), pod, Optional.empty());
    }

    @Test
    void domainZeroHasNothingToWatch() {
        Outcome outcome = prompt.run("pod-watch", "0");
        assertEquals(1, outcome.status());
        assertEquals("", outcome.out());
        assertEquals(2, prompt.run("pod-watch", "--interval", "0", "web").status());
    }
}
