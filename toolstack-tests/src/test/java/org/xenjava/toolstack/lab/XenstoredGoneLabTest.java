// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.Retry;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.SupervisorService;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.PodGuardService;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** Kills xenstored, in the end for good, so it runs last. */
@Tag("lab")
@Order(Integer.MAX_VALUE)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class XenstoredGoneLabTest {
    @Test
    @Order(2)
    void aBuildThatLosesXenstoredLeavesNoDomain() {
        try (XenLibraries libraries = JnaXen.open();
                Toolstack toolstack = Toolstack.open()) {
            Xenctrl xenctrl = Xenctrl.open(libraries);
            Dom0.report("before: " + xenctrl.domains().list());
            long free = toolstack.host().freeMemory().count();
            DomainConfig config = LabGuest.config("orphan", 128, 256).build();
            XenStoreException e = assertThrows(
                    XenStoreException.class,
                    () -> toolstack.create(
                            config,
                            progress -> {
                                if (progress.step() == CreateStep.POPULATE_RAM) {
                                    killXenstored();
                                }
                            },
                            new Cancellation()));
            Dom0.report("XenStoreException: " + e.getMessage());
            Dom0.report("after: " + xenctrl.domains().list());
            assertEquals(List.of(0), living(xenctrl));
            assertEquals(free, toolstack.host().freeMemory().count(), 64);
        }
    }

    /**
     * The C xenstored starts without its nodes. Guests run on; the guard and the supervisor wait, connect again and go on;
     * a guest can be listed and destroyed by its number, and new guests can be built.
     */
    @Test
    @Order(1)
    @Tag("lab-long")
    void theServicesAndTheCommandsOutliveARestart() throws Exception {
        try (Toolstack toolstack = Toolstack.open()) {
            Domain guest =
                    toolstack.create(LabGuest.config("survivor", 128, 256).build());
            PodGuardService guard = toolstack.guard(GuardPolicy.standard(), GuardListener.NONE);
            SupervisorService supervisor = toolstack.supervise(SupervisionPolicy.standard(), event -> {});
            killXenstored();
            XenStoreException e = assertThrows(
                    XenStoreException.class,
                    () -> toolstack.create(LabGuest.config("next", 128, 128).build()));
            Dom0.report("without xenstored: " + e.retry() + ": " + e.getMessage());
            assertEquals(Retry.LATER, e.retry());
            Dom0.Output list = XljLabTest.xlj("list");
            assertEquals(1, list.status());
            assertEquals(1, list.text().lines().count());

            Dom0.run("xenstored", "--pid-file", "/run/xenstored.pid").expectSuccess();
            Dom0.run("xenstore-write", "/local/domain/0/name", "Domain-0", "/local/domain/0/domid", "0")
                    .expectSuccess();
            Dom0.sleep(Duration.ofSeconds(5));
            Dom0.report("after the restart: " + Dom0.xenstoreTree());
            assertFalse(guard.ended().isDone());
            assertFalse(supervisor.ended().isDone());
            assertEquals(
                    List.of("Domain-0", ""),
                    toolstack.statuses().stream().map(DomainStatus::name).toList());
            toolstack.resolve(Integer.toString(guest.domid())).destroy();
            assertFalse(guest.exists());
            Domain next = toolstack.create(LabGuest.config("next", 128, 128).build());
            next.unpause();
            Dom0.await("a guest that runs", LabGuest.BOOT, () -> Optional.of(next.status())
                    .filter(status -> status.cpuTime().toMillis() > 2000));
            next.destroy();
            guard.close();
            supervisor.close();
        }
    }

    /** A guest of the other test may still be dying, since xenconsoled keeps its console mapped. */
    private static List<Integer> living(Xenctrl xenctrl) {
        return xenctrl.domains().list().stream()
                .filter(domain -> !domain.dying())
                .map(DomainInfo::domid)
                .toList();
    }

    private static void killXenstored() {
        try {
            String pid = Files.readString(Path.of("/run/xenstored.pid")).strip();
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(daemon -> {
                daemon.destroyForcibly();
                daemon.onExit().join();
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
