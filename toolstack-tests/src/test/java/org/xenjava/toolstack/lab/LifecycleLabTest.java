// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.lifecycle.SupervisionEvent;
import org.xenjava.toolstack.lifecycle.SupervisionEvent.Kind;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** Guests that stop on real Xen, and what becomes of them. */
class LifecycleLabTest extends LabFixture {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    /** Somewhere in the guest's RAM. */
    private static final long DATA_GFN = 0x800;

    private static final SupervisionPolicy POLICY = SupervisionPolicy.standard().withLoopLimit(Duration.ZERO, 1);

    private final BlockingQueue<SupervisionEvent> events = new LinkedBlockingQueue<>();

    private static DomainConfig podGuest(String name, LifecycleAction onReboot) {
        return PodGuest.config(name, 16, 32)
                .lifecycle(new Lifecycle(LifecycleAction.DESTROY, onReboot, LifecycleAction.PRESERVE))
                .build();
    }

    private SupervisorService supervise() {
        return toolstack.supervise(POLICY, events::add);
    }

    private SupervisionEvent await(Kind kind) {
        try {
            while (true) {
                SupervisionEvent event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                if (event == null) {
                    throw new AssertionError("no " + kind + " within " + PATIENCE);
                }
                Dom0.report(event.kind() + " " + event);
                if (event.kind() == kind) {
                    return event;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Domain find(UUID uuid) {
        return toolstack.find(uuid).orElseThrow(() -> new AssertionError("no domain " + uuid));
    }

    @Test
    void aLinuxGuestThatRebootsComesUpAgainAndOneThatPowersOffIsGone() {
        Domain domain = toolstack.create(LabGuest.config("living", 192, 256).build());
        SupervisorService service = supervise();
        boot(domain);
        domain.lifecycle().requestShutdown(ShutdownRequest.REBOOT);
        Domain next = find(await(Kind.RESTARTED).uuid());
        assertNotEquals(domain.domid(), next.domid());
        assertEquals(domain.uuid(), next.uuid());
        LabGuest guest = new LabGuest("living", next.console().terminal(CONSOLE));
        assertTrue(guest.say("status").contains("STATUS"));
        next.lifecycle().requestShutdown(ShutdownRequest.POWEROFF);
        await(Kind.DESTROYED);
        assertFalse(next.exists());
        service.close();
        assertNothingLeft();
    }

    @Test
    void aCrashedGuestIsPreservedUntilItIsDestroyed() {
        Domain domain = toolstack.create(podGuest("kept", LifecycleAction.RESTART));
        SupervisorService service = supervise();
        PodGuest.boot(domain).shutdown(ShutdownReason.CRASH);
        await(Kind.KEPT);
        assertEquals(Optional.of(ShutdownReason.CRASH), domain.status().shutdownReason());
        assertTrue(Dom0.xl("list", "kept").contains("c"));
        domain.destroy();
        service.close();
        assertNothingLeft();
    }

    /** Those that do not change while the guest runs: what it touches moves from cache and entries alike. */
    private List<Object> numbers(String when, Domain domain) {
        return List.of(domain.memory().status(), report(when, domain).debt());
    }

    @Test
    void tenRebootsChangeNoNumberButWhatMemSetHasSet() {
        rebootTenTimes(podGuest("rebooting", LifecycleAction.RESTART), KiB.ofMiB(20), KiB.ofMiB(20));
    }

    @Test
    @Tag("lab-long")
    void tenRebootsOfAnHvmGuestChangeNoNumber() throws IOException {
        // The target leaves the video RAM out.
        rebootTenTimes(hvmPodGuest("rebooting-hvm"), KiB.ofMiB(36), KiB.ofMiB(20));
    }

    private void rebootTenTimes(DomainConfig config, KiB raised, KiB raisedTarget) {
        Domain domain = toolstack.create(config);
        SupervisorService service = supervise();
        List<Object> numbers = numbers("built", domain);
        PodGuest guest = PodGuest.boot(domain);
        for (int reboot = 1; reboot <= 10; reboot++) {
            if (reboot == 6) {
                domain.memory().set(raised);
            }
            guest.shutdown(ShutdownReason.REBOOT);
            domain = find(await(Kind.RESTARTED).uuid());
            List<Object> next = numbers("reboot " + reboot, domain);
            if (reboot == 6) {
                assertEquals(raisedTarget, domain.memory().status().target());
                numbers = next;
            }
            assertEquals(numbers, next);
            guest = PodGuest.running(domain);
            guest.info();
        }
        service.close();
    }

    @Test
    void aGuestWhoseQemuIsKilledCountsAsCrashed() throws IOException {
        Domain domain = toolstack.create(hvmPodGuest("blind"));
        SupervisorService service = supervise();
        PodGuest.boot(domain);
        long pid = domain.deviceModel().pid().orElseThrow();
        assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
        await(Kind.DESTROYED);
        assertFalse(domain.exists());
        service.close();
        assertNothingLeft();
    }

    /** It begins in hvmloader's place; QEMU and all the memory of an HVM guest are there. */
    private static DomainConfig hvmPodGuest(String name) throws IOException {
        String text =
                """
                name="%s"
                type="hvm"
                firmware_override="%s"
                vga="stdvga"
                videoram=16
                vnc=0
                memory=32
                maxmem=64
                vcpus=1
                on_reboot="restart"
                on_crash="destroy"
                """
                        .formatted(name, PodGuest.PROGRAM);
        return XlConfigReader.read(Files.writeString(Files.createTempFile(name, ".cfg"), text))
                .config();
    }

    @Test
    void theNextSupervisorContinuesARestartOfAKilledOne() throws Exception {
        Domain domain = toolstack.create(podGuest("orphan", LifecycleAction.RENAME_RESTART));
        PodGuest guest = PodGuest.boot(domain);
        Process other = Dom0.startJava(StoppedSupervisor.class);
        BufferedReader output = other.inputReader();
        SupervisorService service;
        try {
            assertEquals(StoppedSupervisor.WATCHING, output.readLine());
            guest.shutdown(ShutdownReason.REBOOT);
            assertEquals(StoppedSupervisor.STOPPED, output.readLine());
            service = supervise();
            assertEquals(0, events.size(), "while its process lives, it is left to that");
        } finally {
            other.destroyForcibly().waitFor();
        }
        Domain next = find(await(Kind.RESTARTED).uuid());
        assertEquals("orphan", next.name());
        PodGuest.running(next).info();
        Domain aside = toolstack.find(domain.domid()).orElseThrow();
        assertTrue(aside.name().startsWith("orphan-20"), aside.name());
        assertNotEquals(domain.uuid(), aside.uuid());
        service.close();
    }

    /** xl's own dump of such a guest takes many minutes here: it tries a million frames, one by one. */
    @Test
    void aDumpHasEveryPageOnceAndTakesNoneFromTheGuest() throws IOException {
        Domain domain = toolstack.create(PodGuest.config("dumped", 16, 24).build());
        PodGuest guest = PodGuest.boot(domain);
        guest.balloon(0);
        guest.write(DATA_GFN, 1);
        Path file = Files.createTempDirectory("dumps").resolve("core");
        PodCounters before = report("before the dump", domain);
        domain.memory().dump(file);
        PodCounters after = report("after the dump", domain);
        assertEquals(before.totPages(), after.totPages());
        assertEquals(0, after.entries(), "what is read is populated");
        CoreSections core = CoreSections.of(file);
        Dom0.report("the dump: " + core.sizes());
        assertEquals(
                Set.of("", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_pages", ".xen_pfn"),
                core.sizes().keySet());
        assertEquals(before.totPages() * Long.BYTES, core.content(".xen_pfn").length);
        assertEquals(before.totPages() * Pages.BYTES, core.content(".xen_pages").length);
        assertEquals(5168, core.content(".xen_prstatus").length);
        String notes = new String(core.content(".note.Xen"), StandardCharsets.ISO_8859_1);
        assertTrue(notes.contains("hvm-3.0-x86_64"), notes);
        guest.verify(DATA_GFN, 1);
    }

    /** A process that supervises, and stops when the old domain is set aside and the new one is not built. */
    static final class StoppedSupervisor {
        static final String WATCHING = "watching";
        static final String STOPPED = "stopped between old and new";

        private StoppedSupervisor() {}

        public static void main(String[] args) {
            Toolstack toolstack = Toolstack.open();
            toolstack.supervise(SupervisionPolicy.standard(), event -> {
                if (event.kind() == Kind.SET_ASIDE) {
                    System.out.println(STOPPED);
                    Dom0.sleep(Duration.ofMinutes(10));
                }
            });
            System.out.println(WATCHING);
            Dom0.sleep(Duration.ofMinutes(10));
        }
    }
}
