// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.lab.Dom0.Output;
import org.xenjava.toolstack.pod.MemoryTouchingOperation;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code xlj guard} and {@code xlj pod-check --explain} as a user types them, on guests that xl has built. */
@Tag("shares-host")
class GuardLabTest extends LabFixture {
    private static final long MEMORY_MIB = 64;
    private static final long MAX_MEMORY_MIB = 128;
    private static final long SHORT_BY = 200;

    /** SIGTERM, as a shell and systemd see it. */
    private static final int TERMINATED = 143;

    @Test
    void aGuestThatStopsShortSurvivesOnlyWithTheGuard() throws IOException, InterruptedException {
        Domain unguarded = xls("unguarded");
        PodGuest victim = PodGuest.boot(unguarded);
        victim.balloon(SHORT_BY);
        assertEquals(
                SHORT_BY,
                report("unguarded, " + SHORT_BY + " pages short", unguarded).debt());
        assertThrows(PodDebtException.class, () -> unguarded.pod().requireNoDebt(MemoryTouchingOperation.COREDUMP));
        victim.startFilling();
        assertEquals(ShutdownReason.CRASH, unguarded.lifecycle().awaitShutdown(Duration.ofMinutes(1)));
        Dom0.report("without a guard: " + lastWords(unguarded));
        unguarded.destroy();

        Path log = Files.createTempFile("guard", ".log");
        Process guard = new ProcessBuilder("bin/xlj", "guard", "--mode", "cover-at-once", "--patience", "3")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Domain guarded = xls("guarded");
        PodGuest guest = PodGuest.boot(guarded);
        guest.balloon(SHORT_BY);
        Dom0.await(() -> "the guard to cover it: " + content(log), LabGuest.BOOT, () -> covered(content(log)));
        guard.destroy();
        assertTrue(guard.waitFor(1, TimeUnit.MINUTES));
        Dom0.report("$ xlj guard --mode cover-at-once --patience 3  -> " + guard.exitValue() + "\n"
                + content(log).strip());
        assertEquals(TERMINATED, guard.exitValue());
        assertEquals(0, report("guarded, " + SHORT_BY + " pages short", guarded).debt());
        guarded.pod().requireNoDebt(MemoryTouchingOperation.COREDUMP);
        Dom0.report("with the guard: FILLED " + guest.fill() + " pages");
    }

    private static Optional<String> covered(String log) {
        return Optional.of(log).filter(text -> text.contains("): covered: the host lends it "));
    }

    private static String content(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aMonitorIsSeenWithoutChangingAnything() {
        Domain domain = xls("monitored");
        int domid = domain.domid();
        PodGuest guest = PodGuest.boot(domain);
        var before = state(domid);
        assertFalse(xenctrl.domains().monitorAttached(domid));
        assertEquals(before, state(domid));

        int port = xenctrl.domains().attachMonitor(domid);
        assertTrue(xenctrl.domains().monitorAttached(domid));
        assertEquals(Errno.EBUSY, errno(() -> xenctrl.domains().attachMonitor(domid)));
        report("with a monitor at port " + port, domain);
        guest.info();
        Output explained = XljLabTest.xlj("pod-check", "--explain", "monitored");
        assertTrue(explained.text().contains("vm_event  a monitor is attached"), explained.text());

        xenctrl.domains().detachMonitor(domid);
        assertFalse(xenctrl.domains().monitorAttached(domid));
        assertEquals(Errno.EINVAL, errno(() -> xenctrl.domains().detachMonitor(domid)));
        assertFalse(xenctrl.domains().monitorAttached(0));
        assertEquals(Errno.ESRCH, errno(() -> xenctrl.domains().monitorAttached(4711)));
        guest.info();
    }

    /** A domain's pages and flags, without those that its vCPU changes when it runs or waits. */
    private Optional<String> state(int domid) {
        int scheduling = DomctlOp.DOMINF_BLOCKED | DomctlOp.DOMINF_RUNNING;
        return xenctrl.domains().info(domid).map(info -> info.totPages() + "/" + (info.flags() & ~scheduling));
    }

    private static Errno errno(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    @Test
    void everyDomainOfTheHostIsExplained() {
        Domain ours = toolstack.create(
                PodGuest.config("ours", MEMORY_MIB, MAX_MEMORY_MIB).build());
        Domain xls = xls("xls");
        Output explained = XljLabTest.xlj("pod-check", "--all", "--explain");
        assertEquals(1, explained.status());
        assertEquals(
                """
                Domain-0 (0): dom0, built by Xen at boot
                  verdict   NOT vulnerable (the control domain)
                ours (N): PVH with populate-on-demand, built by xlj or its library
                  owns      16649 pages, of which 16128 wait for one of 32256 entries
                  is told   16384 pages; it owns 265 more, and may own 512 more
                  debt      16128 pages
                  vm_event  no monitor attached
                  verdict   VULNERABLE (16128 more outstanding pages)
                            difference is >1Mby
                            ballon driver not running or guest still booting?
                  remedy    xl unpause N && xlj guard --once --domain N
                xls (N): PVH with populate-on-demand, built by libxl, which is xl or another user of it
                """,
                explained
                        .text()
                        .replace(" " + ours.domid() + " ", " N ")
                        .replaceAll("(\\(|domain )(" + ours.domid() + "|" + xls.domid() + ")\\b", "$1N")
                        .replaceAll("(?s)(another user of it\n).*", "$1"));
        assertTrue(explained.text().contains("it owns 17 more, and may own 256 more"), "no slack: " + explained.text());
        assertEquals(1, XljLabTest.xlj("pod-check", "--before", "save", "xls").status());
    }

    private Domain xls(String name) {
        Dom0.xl(
                "create",
                "-p",
                PodGuest.xlConfig(name, MEMORY_MIB, MAX_MEMORY_MIB).toString());
        return named(name);
    }

    private static String lastWords(Domain domain) {
        String words = "Dom" + domain.domid() + " out of PoD memory!";
        return Dom0.xl("dmesg")
                .lines()
                .filter(line -> line.contains(words))
                .findFirst()
                .orElseThrow(() -> new AssertionError("Xen has not said: " + words));
    }
}
