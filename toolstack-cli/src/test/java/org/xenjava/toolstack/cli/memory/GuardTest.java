// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** {@code xlj guard}, and the guard that {@code xlj create} brings along. */
class GuardTest {
    private static final BalloonDriver GOOD = BalloonDriver.of(BalloonFamily.LINUX);

    private static final BalloonDriver IN_SECONDS = GOOD.atPace(1024, Duration.ofSeconds(1));

    private GuestFiles files = new GuestFiles(Path.of(""));
    private SimulatedXen xen = SimulatedXen.create();
    private Prompt prompt = Prompt.on(xen);
    private Xenctrl hypercalls = Prompt.hypercalls(xen);

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
    }

    /** A host whose guests have that driver, on which time passes as commands wait. */
    private void hostOf(BalloonDriver driver) {
        xen = SimulatedXen.builder()
                .guests(identity -> SimulatedGuest.with(driver))
                .build();
        prompt = Prompt.on(xen);
        hypercalls = Prompt.hypercalls(xen);
        prompt.whileSleeping(this::passTheTime);
    }

    private void passTheTime() {
        List<Duration> slept = prompt.slept();
        xen.advance(slept.get(slept.size() - 1));
    }

    private String pod() {
        return files.config("web", "memory = 64", "maxmem = 128");
    }

    private void unguarded() {
        assertEquals(new Outcome(0, "", ""), prompt.run("create", "--backed-boot", "off", "--no-guard", pod()));
    }

    private boolean livesUnderLoad() {
        xen.guest(1).orElseThrow().load();
        return !hypercalls.domains().info(1).orElseThrow().shutdown();
    }

    // ---- create ---------------------------------------------------------------------------------------------

    @Test
    void createStaysUntilTheGuestHasBallooned() {
        hostOf(GOOD);
        assertEquals(new Outcome(0, "", ""), prompt.run("create", "--backed-boot", "off", pod()));
        assertTrue(hypercalls.memory().podTarget(1).debt() <= 0);
        assertTrue(prompt.time().compareTo(Duration.ZERO) > 0);
        assertTrue(livesUnderLoad());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--no-guard", "-p"})
    void createDoesNotWaitWithoutAGuard(String option) {
        hostOf(GOOD);
        assertEquals(new Outcome(0, "", ""), prompt.run("create", "--backed-boot", "off", option, pod()));
        assertEquals(Duration.ZERO, prompt.time());
    }

    @Test
    void createHasNothingToWaitForWithoutPopulateOnDemand() {
        hostOf(GOOD);
        assertEquals(
                new Outcome(0, "", ""),
                prompt.run("create", "--backed-boot", "off", files.config("web", "memory = 64")));
        assertEquals(Duration.ZERO, prompt.time());
    }

    @Test
    void createHelpsAGuestWhoseDriverStopsShort() {
        hostOf(GOOD.lying());
        Outcome outcome = prompt.run("create", "--backed-boot", "off", "-v", pod());
        assertEquals(0, outcome.status());
        assertTrue(outcome.err().contains("\nweb (1): covered: the host lends it "), outcome.err());
        assertTrue(livesUnderLoad());
    }

    @Test
    void createReportsAGuestThatTheGuardGaveUp() {
        xen = SimulatedXen.builder()
                .hostPages(393_216 + 16_683 + 16_384 + 8_000)
                .guests(identity -> SimulatedGuest.with(GOOD.stoppingShortBy(5000)))
                .build();
        prompt = Prompt.on(xen);
        hypercalls = Prompt.hypercalls(xen);
        prompt.whileSleeping(this::passTheTime);
        Outcome outcome = prompt.run("create", "--backed-boot", "off", pod());
        assertEquals(3, outcome.status());
        assertTrue(outcome.err().contains("web (1): gave-up: "), outcome.err());
        assertTrue(outcome.err().contains("\nxlj: web (1): NOT SAFE: "), outcome.err());
        assertFalse(livesUnderLoad());
    }

    @Test
    void createReportsAGuestThatCrashesMeanwhile() {
        hostOf(GOOD.atPace(64, Duration.ofSeconds(10)));
        prompt.whileSleeping(() -> {
            passTheTime();
            livesUnderLoad();
        });
        Outcome outcome = prompt.run("create", "--backed-boot", "off", pod());
        assertEquals(1, outcome.status());
        assertTrue(
                outcome.err().matches("xlj: web has crashed, with \\d+ pages still to free; xlj dmesg .*\n"),
                outcome.err());
    }

    @Test
    void ctrlCLeavesTheGuestRunningAndPrintsAWarning() {
        hostOf(GOOD);
        prompt.whileSleeping(() -> Thread.currentThread().interrupt());
        Outcome outcome = prompt.run("create", "--backed-boot", "off", pod());
        assertEquals(1, outcome.status());
        assertTrue(
                outcome.err().matches("xlj: web runs without a guard, with \\d+ pages to free; .*\n"), outcome.err());
        assertFalse(hypercalls.domains().info(1).orElseThrow().paused());
    }

    @Test
    void aTerminalShowsTheProgressOfTheBalloon() {
        hostOf(IN_SECONDS);
        Outcome outcome = prompt.runOnTerminal("create", "--backed-boot", "off", pod());
        assertTrue(outcome.err().contains("\r\033[Kweb: ballooning, "), outcome.err());
        assertTrue(outcome.err().endsWith("\r\033[K"), outcome.err());
    }

    // ---- guard ----------------------------------------------------------------------------------------------

    @Test
    void onceEndsWithAVerdictOnEveryGuest() {
        hostOf(IN_SECONDS);
        unguarded();
        Outcome outcome = prompt.run("guard", "--once");
        assertEquals(0, outcome.status());
        List<String> lines = outcome.out().lines().toList();
        assertEquals("web (1): safe: every entry has its page", lines.get(lines.size() - 1));
        assertTrue(lines.get(0).startsWith("web (1): ballooning: "), outcome.out());
    }

    @Test
    void onceWithoutGuestsIsOver() {
        assertEquals(new Outcome(0, "", ""), prompt.run("guard", "--once"));
    }

    @Test
    void aGuestThatIsShortIsCoveredAtOnceIfThatIsWanted() {
        hostOf(GOOD.lying());
        unguarded();
        xen.advance(Duration.ofMinutes(5));
        Outcome outcome = prompt.run("guard", "--once", "--mode", "cover-at-once", "--patience", "0", "-d", "web");
        assertEquals(0, outcome.status(), outcome.out());
        assertTrue(
                outcome.out().matches("(?s).*\nweb \\(1\\): safe, as the host lends it \\d+ pages\n"), outcome.out());
        assertTrue(prompt.time().compareTo(Duration.ofSeconds(10)) < 0);
        assertTrue(livesUnderLoad());
    }

    @Test
    void anObserverChangesNothingAndListsGuestsThatAreNotSafe() {
        hostOf(GOOD.lying());
        unguarded();
        Outcome outcome = prompt.run("guard", "--once", "--mode", "observe", "--json");
        assertEquals(1, outcome.status());
        List<JsonObject> lines = outcome.out()
                .lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        JsonObject verdict = lines.get(lines.size() - 1);
        assertEquals("unsafe", verdict.get("verdict").getAsString());
        assertTrue(verdict.get("debt").getAsLong() > 0);
        JsonObject event = lines.get(lines.size() - 2);
        assertEquals("short", event.get("to").getAsString());
        assertFalse(livesUnderLoad());
    }

    @Test
    void aBudgetThatIsTooSmallIsAVerdict() {
        hostOf(GOOD.lying());
        unguarded();
        Outcome outcome = prompt.run("guard", "--once", "--mode", "cover-at-once", "--domain-budget", "4k");
        assertEquals(1, outcome.status());
        assertTrue(outcome.out().contains("the budget of a domain is 1 page;"), outcome.out());
        assertTrue(outcome.out().contains("\nweb (1): NOT SAFE: "), outcome.out());
    }

    @Test
    void onceDoesNotWaitForAPausedGuest() {
        hostOf(GOOD);
        prompt.run("create", "--backed-boot", "off", "-p", pod());
        Outcome outcome = prompt.run("guard", "--once");
        assertEquals(1, outcome.status());
        assertTrue(outcome.out().startsWith("web (1): stopped with "), outcome.out());
    }

    @Test
    void onceMayBeLimitedInTime() {
        hostOf(GOOD.atPace(64, Duration.ofSeconds(10)));
        unguarded();
        Outcome outcome = prompt.run("guard", "--once", "--timeout", "60");
        assertEquals(1, outcome.status());
        assertTrue(outcome.out().contains("\nweb (1): undecided: ballooning, with "), outcome.out());
        assertTrue(
                prompt.time().compareTo(Duration.ofSeconds(62)) < 0,
                prompt.time().toString());
    }

    @Test
    void aGuardRunsUntilASignal() {
        hostOf(GOOD.lying());
        unguarded();
        prompt.whileSleeping(() -> {
            passTheTime();
            if (prompt.time().compareTo(Duration.ofHours(1)) > 0) {
                Thread.currentThread().interrupt();
            }
        });
        Outcome outcome = prompt.run("guard");
        assertEquals(0, outcome.status());
        assertTrue(
                outcome.out()
                        .startsWith("guarding every HVM and PVH guest, nudge-first; at most 256 MiB are lent to a "
                                + "guest and 1024 MiB to all, and the host keeps 64 MiB\n"),
                outcome.out());
        assertTrue(outcome.out().contains("\nweb (1): covered: "), outcome.out());
        assertTrue(livesUnderLoad(), "what was lent stays");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "guard --mode boldly",
                "guard --timeout 5",
                "guard --once --timeout -5",
                "guard --patience -1",
                "guard --domain-budget much"
            })
    void wrongArgumentsAreStatusTwo(String line) {
        Outcome outcome = prompt.run(line.split(" "));
        assertEquals(2, outcome.status(), outcome.err());
        assertEquals("", outcome.out());
    }

    @Test
    void aGuestThatDoesNotExistIsAnError() {
        assertEquals(
                new Outcome(1, "", "xlj: there is no domain 'nobody'\n"), prompt.run("guard", "--domain", "nobody"));
    }
}
