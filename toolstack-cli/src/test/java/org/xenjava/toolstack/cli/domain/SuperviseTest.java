// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;

/** Guests that stop, and the commands that act then; and buttons. */
class SuperviseTest {
    private static final int POWER_OFF = 0;
    private static final int REBOOT = 1;

    private final SimulatedXen xen = SimulatedXen.builder()
            .guests(identity -> identity.name().equals("deaf")
                    ? SimulatedGuest.with(BalloonDriver.of(BalloonFamily.NONE)).ignoringShutdownRequests()
                    : SimulatedGuest.linux())
            .build();
    private final Prompt prompt = Prompt.on(xen);
    private final Xenctrl hypercalls = Prompt.hypercalls(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
    }

    private List<DomainInfo> guests() {
        return hypercalls.domains().list().stream()
                .filter(info -> info.domid() != 0 && !info.dying())
                .toList();
    }

    /** At each sleep of a command the next thing happens to the guest, if it has been running for a while. */
    private void stopGuestsWith(Deque<Integer> reasons) {
        prompt.whileSleeping(() -> {
            Optional<DomainInfo> running = guests().stream()
                    .filter(info -> !info.paused() && !info.shutdown())
                    .findFirst();
            xen.advance(Duration.ofSeconds(30));
            running.filter(info -> !reasons.isEmpty())
                    .flatMap(info -> xen.guest(info.domid()))
                    .ifPresent(guest -> guest.shutDown(reasons.remove()));
        });
    }

    @Test
    void createInTheForegroundRestartsItsGuestUntilItPowersOff() {
        stopGuestsWith(new ArrayDeque<>(List.of(REBOOT, POWER_OFF)));
        Outcome outcome = prompt.run("create", "-F", files.config("web", "memory = 64", "maxmem = 128"));
        assertEquals(0, outcome.status());
        assertEquals(
                List.of(
                        "domain 1 (web): stopped (REBOOT); its configuration says restart",
                        "domain 2 (web): restarted; it was domain 1",
                        "domain 2 (web): stopped (POWEROFF); its configuration says destroy",
                        "domain 2 (web): destroyed"),
                outcome.err().lines().toList());
        assertEquals(List.of(), guests());
    }

    @Test
    void superviseOfOneGuestEndsWithItAndSpeaksJson() {
        prompt.run("create", files.config("web", "memory = 64", "on_crash = 'preserve'"));
        stopGuestsWith(new ArrayDeque<>(List.of(3)));
        Outcome outcome = prompt.run("supervise", "-d", "web", "--json");
        assertEquals(0, outcome.status());
        List<String> lines = outcome.out().lines().toList();
        assertTrue(lines.get(0).startsWith("{\"event\":\"stopped\",\"domid\":1,\"name\":\"web\",\"uuid\":\""));
        assertTrue(lines.get(1).startsWith("{\"event\":\"kept\""));
        assertEquals(1, guests().size());
    }

    @Test
    void theSupervisorOfAHostEndsAtASignal() {
        prompt.run("create", files.config("web", "memory = 64"));
        prompt.whileSleeping(() -> Thread.currentThread().interrupt());
        assertEquals(0, prompt.run("supervise").status());
        assertEquals(1, guests().size());
    }

    private String hvm(String name) {
        String pvh = files.config(name, "memory = 64");
        String text = "name = '" + name + "'\ntype = 'hvm'\nmemory = 64\n";
        return files.write(Path.of(pvh).getFileName().toString(), text.getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    @Test
    void thePowerButtonStopsAnHvmGuestWithoutPvDrivers() {
        prompt.run("create", hvm("deaf"));
        xen.advance(Duration.ofSeconds(5));
        assertEquals(1, prompt.run("shutdown", "deaf").status());
        Outcome outcome = prompt.run("shutdown", "-F", "deaf");
        assertEquals(new Outcome(0, "", "Shutting down domain 1\nno PV drivers: sending domain 1 power\n"), outcome);
        xen.advance(Duration.ofSeconds(5));
        assertTrue(guests().get(0).shutdown());
    }

    @Test
    void aCoreIsDumpedUnlessTheDumpMightCrashTheGuest(@TempDir Path dumps) {
        prompt.run("create", "--backed-boot", "off", "--no-guard", files.config("web", "memory = 64", "maxmem = 128"));
        String file = dumps.resolve("core").toString();
        Outcome refused = prompt.run("dump-core", "web", file);
        assertEquals(1, refused.status());
        assertTrue(refused.err().startsWith("xlj: dumping domain 1: "), refused.err());
        xen.advance(Duration.ofMinutes(5));
        assertEquals(new Outcome(0, "", ""), prompt.run("dump-core", "web", file));
        assertTrue(Files.exists(Path.of(file)));
    }

    @Test
    void aPvhGuestHasNoButtonAndXenNoReset() {
        prompt.run("create", files.config("deaf", "memory = 64"));
        Outcome power = prompt.run("trigger", "deaf", "power");
        assertEquals(new Outcome(1, "", "xlj: sending power to domain 1: only HVM guests have that button\n"), power);
        assertEquals(0, prompt.run("trigger", "deaf", "nmi").status());
        Outcome reset = prompt.run("trigger", "deaf", "reset");
        assertTrue(Pattern.matches("(?s)xlj: sending reset to domain 1: .*ENOSYS.*", reset.err()), reset.err());
        assertEquals(2, prompt.run("trigger", "deaf", "kick").status());
    }
}
