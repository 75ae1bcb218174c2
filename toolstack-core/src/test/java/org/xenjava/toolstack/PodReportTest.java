// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.GuardBench;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.pod.PodRemedy;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.pod.PodVerdict;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.store.DomainPaths;

class PodReportTest {
    private static final BalloonDriver GOOD = BalloonDriver.of(BalloonFamily.LINUX);

    @Test
    void theReportOfAShortGuestHasARemedy() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), GOOD.stoppingShortBy(98))) {
            Domain domain = bench.start("web");
            bench.run(Duration.ofMinutes(1));
            PodReport report = domain.pod().report();
            assertEquals(98, report.debtPages());
            assertEquals(Optional.of(GuardBench.INTENT), report.told());
            assertEquals(Optional.of(PodVerdict.VULNERABLE), report.counters().map(PodStatus::verdict));
            assertEquals(Optional.of(new PodRemedy.Guard(1)), report.remedy());
            assertTrue(report.hasEntries());
            domain.pause();
            assertEquals(
                    Optional.of(new PodRemedy.UnpauseAndGuard(1)),
                    domain.pod().report().remedy());
        }
    }

    @Test
    void aReportShowsTheSlackInMaxMem() {
        try (GuardBench libxl = new GuardBench(PodPolicy.libxl(), GOOD);
                GuardBench ours = new GuardBench(PodPolicy.standard(), GOOD)) {
            long without = libxl.start("web").pod().report().limitBeyondTarget().orElseThrow();
            long with = ours.start("web").pod().report().limitBeyondTarget().orElseThrow();
            assertEquals(256, with - without);
        }
    }

    @Test
    void aSettledGuestNeedsNoRemedy() {
        try (GuardBench bench = new GuardBench(PodPolicy.standard(), GOOD)) {
            Domain domain = bench.start("web");
            bench.run(Duration.ofMinutes(1));
            PodReport report = domain.pod().report();
            assertEquals(
                    Optional.of(PodVerdict.NOT_VULNERABLE), report.counters().map(PodStatus::verdict));
            assertEquals(Optional.empty(), report.remedy());
        }
    }

    @Test
    void aReportShowsAnAttachedMonitor() {
        try (GuardBench bench = new GuardBench(PodPolicy.standard(), GOOD)) {
            Domain domain = bench.start("web");
            assertEquals(Inspection.NONE, domain.pod().report().inspection());
            bench.host.xenctrl.domains().attachMonitor(domain.domid());
            assertEquals(Inspection.ATTACHED, domain.pod().report().inspection());
        }
    }

    @Test
    void domainZeroHasNoCounters() {
        try (GuardBench bench = new GuardBench(PodPolicy.standard(), GOOD)) {
            PodReport report = bench.toolstack.find(0).orElseThrow().pod().report();
            assertEquals(Optional.empty(), report.counters());
            assertEquals(DomainOrigin.HOST, report.origin());
            assertFalse(report.hasEntries());
        }
    }

    @Test
    void theBuilderIsKnownByWhatItLeaves(@TempDir Path files) throws IOException {
        try (GuardBench bench = new GuardBench(PodPolicy.standard(), GOOD)) {
            Domain domain = bench.start("web");
            DomainPaths paths = new DomainPaths(domain.domid());
            assertEquals(DomainOrigin.XENJAVA, origin(bench, domain, files));
            bench.store.direct().remove(paths.podBackedKib());
            assertEquals(DomainOrigin.LIBXL, origin(bench, domain, files));
            Path libvirt = Files.createFile(files.resolve("userdata-d.1." + domain.uuid() + ".libvirt-xml"));
            assertEquals(DomainOrigin.LIBVIRT, origin(bench, domain, files));
            bench.store.direct().remove(paths.libxl());
            assertEquals(DomainOrigin.UNKNOWN, origin(bench, domain, files));
            bench.store.direct().write(DomainPaths.vm(domain.uuid()) + "/on_xend_stop", "ignore");
            assertEquals(DomainOrigin.XEND, origin(bench, domain, files));
        }
    }

    private static DomainOrigin origin(GuardBench bench, Domain domain, Path files) {
        return DomainOrigin.of(domain.domid(), domain.uuid(), bench.store, files);
    }

    @ParameterizedTest
    @CsvSource({
        "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64, X86",
        "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64, X86",
        "xen-3.0-aarch64 xen-3.0-armv7l, ARM",
        "xen-3.0-armv7l, ARM"
    })
    void theArchitectureIsInXensOwnWords(String capabilities, PodReport.Architecture expected) {
        assertEquals(expected, PodReport.Architecture.of(capabilities));
    }
}
