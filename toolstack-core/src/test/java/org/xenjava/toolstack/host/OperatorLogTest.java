// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainMemoryControl;
import org.xenjava.toolstack.DomainPod;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.lifecycle.Supervisor;
import org.xenjava.toolstack.lifecycle.SupervisorBench;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.GuardBench;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The log lines of a guest's life at level INFO. */
@Isolated("it replaces the standard error stream")
class OperatorLogTest {
    private static final BalloonDriver SHORT =
            BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(98);

    private static List<String> messages(LogCapture log) {
        return log.lines().stream()
                .filter(line -> line.contains("domain 1"))
                .map(line -> line.replaceFirst("^.*?(domain 1)", "$1"))
                .toList();
    }

    @Test
    void aGuestsLifeIsLoggedFromCreationToDestruction() throws ReflectiveOperationException {
        try (LogCapture log = new LogCapture(
                        Toolstack.class, Domain.class, DomainMemoryControl.class, DomainPod.class, PodGuard.class);
                GuardBench bench = new GuardBench(PodPolicy.libxl(), SHORT)) {
            Domain domain = bench.start("web");
            bench.run(Duration.ofMinutes(1));
            domain.pod().cover(Pages.of(1000));
            domain.memory().set(KiB.ofMiB(60));
            domain.memory().setMaximum(KiB.ofMiB(160));
            domain.destroy();
            assertEquals(
                    List.of(
                            "domain 1 created: 'web', PVH, 65536 KiB of 131072 KiB",
                            "domain 1: the host lends 98 pages",
                            "domain 1 resized to 61440 KiB",
                            "domain 1 may grow to 163840 KiB",
                            "domain 1 destroyed"),
                    messages(log));
        }
    }

    @Test
    void aRestartIsLogged() throws ReflectiveOperationException {
        try (LogCapture log = new LogCapture(Supervisor.class);
                SupervisorBench bench = new SupervisorBench()) {
            Domain domain =
                    bench.start(SupervisorBench.guest(LifecycleAction.RESTART).build());
            bench.stop(domain, SupervisorBench.REBOOT);
            bench.supervisor(SupervisionPolicy.standard()).tick(bench.now());
            assertTrue(log.lines().stream().anyMatch(line -> line.contains("RESTARTED")), log.lines()::toString);
        }
    }
}
