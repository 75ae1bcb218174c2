// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.rehearsal.RehearsalTrial.Outcome;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class AdvisoryRehearsalTest {
    private static final Path NOWHERE = Path.of("/nowhere/vmlinuz");

    /** The guest of the measurements on real Xen. */
    private static final DomainConfig GUEST = guest(256, 512).build();

    private static final Rehearsal ALL = AdvisoryRehearsal.of(GUEST).run();

    private static DomainConfig.Builder guest(long memoryMib, long maxMemoryMib) {
        return DomainConfig.builder("web").kernel(NOWHERE).memoryMib(memoryMib).maxMemoryMib(maxMemoryMib);
    }

    private static RehearsalTrial only(AdvisoryRehearsal rehearsal) {
        List<RehearsalTrial> trials = rehearsal.run().trials();
        assertEquals(1, trials.size());
        return trials.get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "Linux 4.14 and later,        0,      0,    256",
        "Linux 4.11 and 4.12,       -97,    -97,    159",
        "FreeBSD,                     0,      0,    256",
        "'Linux, 1 page short',      -1,     -1,    255",
        "'Linux, 98 pages short',   -98,    -98,    158",
        "'Linux, 200 pages short', -200,   -200,     56",
        "'Linux, 256 pages short', -256,   -256,      0",
        "'Linux, 257 pages short', -257,   -257,     -1",
        // It believes in what Xen says that the domain owns, so it frees the 9 pages that are no RAM, and the slack.
        "NetBSD,                 -65527, -65527, -65015",
        "no balloon driver,      -65536, -65536, -65280"
    })
    void eachDriverHasItsPagesToSpareUnderEachPolicy(String driver, long unpatched, long libxl, long standard) {
        List<Long> spare = ALL.trials().stream()
                .filter(trial -> trial.driver().name().equals(driver))
                .map(RehearsalTrial::sparePages)
                .toList();
        assertEquals(List.of(unpatched, libxl, standard), spare);
    }

    @Test
    void aGuestSurvivesIfAndOnlyIfItHasSparePages() {
        assertEquals(30, ALL.trials().size());
        for (RehearsalTrial trial : ALL.trials()) {
            assertEquals(trial.sparePages() >= 0 ? Outcome.LIVED : Outcome.CRASHED, trial.outcome(), trial::toString);
        }
    }

    @Test
    void theMissingPagesAreTheDebtInTheCountersAndOnTheConsole() {
        for (RehearsalTrial trial : ALL.trials()) {
            long missing = Math.max(0, -trial.sparePages());
            assertEquals(missing, trial.settled().debtPages(), trial::toString);
            Optional<String> words = missing == 0
                    ? Optional.empty()
                    : Optional.of("(XEN) p2m_pod_demand_populate: Dom1 out of PoD memory! (tot="
                            + trial.settled().totPages().count() + " ents=" + missing + " dom1)");
            assertEquals(words, trial.crash());
        }
    }

    @Test
    void theTermsAreTheNumbersGivenToXenAndToTheGuest() {
        KiB asked = KiB.ofMiB(256);
        Pages toFree = Pages.of(65536);
        assertEquals(
                List.of(
                        new PolicyTerms("unpatched", Optional.of(Pages.of(65536)), asked, toFree, Pages.ZERO),
                        new PolicyTerms("libxl", Optional.of(Pages.of(65536)), asked, toFree, Pages.ZERO),
                        new PolicyTerms("standard", Optional.of(Pages.of(65792)), asked, toFree, Pages.of(256))),
                ALL.terms());
    }

    @Test
    void theShortfallOfADriverReducesTheSparePages() {
        for (RehearsalTrial trial : ALL.trials()) {
            assertEquals(trial.terms().slack().count() - trial.shortfallPages(), trial.sparePages(), trial::toString);
        }
        assertEquals(
                List.of(0L, 97L, 0L, 1L, 98L, 200L, 256L, 257L, 65271L, 65536L),
                ALL.trials().stream()
                        .filter(trial -> trial.terms().policy().equals("standard"))
                        .map(RehearsalTrial::shortfallPages)
                        .toList());
    }

    @Test
    void onlyTheDefaultPolicyHasSlackAndEachPolicyHoldsItsGuarantee() {
        for (PolicyTerms terms : ALL.terms()) {
            assertTrue(ALL.keepsItsPromise(terms));
            List<Outcome> ofOlderLinux = List.of(
                    ALL.trial(GuestDriver.olderLinux(DomainType.PVH), terms).outcome());
            assertEquals(List.of(terms.policy().equals("standard") ? Outcome.LIVED : Outcome.CRASHED), ofOlderLinux);
        }
    }

    /** The rows of the table measured on Xen 4.17.7: "PVH, no slack", and s = 256 where all of it counts. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 8, 64, 200, 239, 240, 255, 256, 257, 400})
    void pvhGuestsDieAsMeasuredOnRealXen(long shortBy) {
        AdvisoryRehearsal rehearsal = AdvisoryRehearsal.of(GUEST).drivers(GuestDriver.linuxStoppingShort(shortBy));
        assertEquals(
                shortBy == 0 ? Outcome.LIVED : Outcome.CRASHED,
                only(rehearsal.policies(UnpatchedPodPolicy.forSimulation())).outcome());
        assertEquals(
                shortBy <= 256 ? Outcome.LIVED : Outcome.CRASHED,
                only(rehearsal.policies(PodPolicy.standard())).outcome());
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "97, 97", "1000, 1000", "6143, 6143", "6144, 6144", "6145, 6144"})
    void theSlackThatIsAskedForIsTheSlackThatCounts(long slack, long effective) {
        // 24 MiB more than memory: 6144 frames, more than which need no page.
        AdvisoryRehearsal rehearsal =
                AdvisoryRehearsal.of(guest(64, 88).build()).policies(PodPolicy.standard(Pages.of(slack)));
        RehearsalTrial exact = only(rehearsal.drivers(GuestDriver.linuxStoppingShort(effective)));
        assertEquals(0, exact.sparePages());
        assertEquals(Outcome.LIVED, exact.outcome());
        if (effective < 6144) {
            RehearsalTrial oneMore = only(rehearsal.drivers(GuestDriver.linuxStoppingShort(effective + 1)));
            assertEquals(-1, oneMore.sparePages());
            assertEquals(Outcome.CRASHED, oneMore.outcome());
        }
    }

    @Test
    void aGuestThatFreesNothingSurvivesIfItsBootIsBacked() {
        RehearsalTrial backed = ALL.backedBoot().orElseThrow();
        assertEquals(Outcome.LIVED, backed.outcome());
        assertEquals(Pages.ZERO, backed.initialDebt());
        assertEquals(Pages.ZERO, backed.ballooned());
        assertEquals(0, backed.settled().debtPages());
        assertEquals(512 * 256 + 9, backed.settled().totPages().count());
    }

    @Test
    void aGuestWithoutPopulateOnDemandDoesNotCrash() {
        Rehearsal rehearsal = AdvisoryRehearsal.of(guest(64, 64).build()).run();
        assertTrue(rehearsal.trials().stream().allMatch(trial -> trial.outcome() == Outcome.LIVED));
        assertEquals(Optional.empty(), rehearsal.backedBoot());
        for (PolicyTerms terms : rehearsal.terms()) {
            assertEquals(Optional.empty(), terms.podTarget());
            assertEquals(Pages.ZERO, terms.slack());
        }
    }

    @Test
    void theHostIsAsLargeAsTheGuestNeeds() {
        RehearsalTrial trial = only(AdvisoryRehearsal.of(guest(8192, 8256).build())
                .policies(PodPolicy.libxl())
                .drivers(GuestDriver.linuxStoppingShort(98)));
        assertEquals(Outcome.CRASHED, trial.outcome());
    }

    /** With RAM above 4 GiB, Xen's sweep for zero pages passes the rings at 0xfeff8, which are still zero. */
    @Test
    void aGuestThatIsShortCanSurviveOnReclaimedZeroPages() {
        RehearsalTrial trial = only(AdvisoryRehearsal.of(guest(4100, 4101).build())
                .policies(PodPolicy.libxl())
                .drivers(GuestDriver.linuxStoppingShort(1)));
        assertEquals(-1, trial.sparePages());
        assertEquals(1, trial.settled().debtPages());
        assertEquals(Outcome.LIVED, trial.outcome());
    }

    @Test
    void missingFilesAreNamedAndLeaveNothing(@TempDir Path directory) throws IOException {
        Path kernel = Files.write(directory.resolve("kernel"), HaltingKernel.elf());
        DomainConfig config = guest(64, 128).kernel(kernel).ramdisk(NOWHERE).build();
        Rehearsal rehearsal =
                AdvisoryRehearsal.of(config).policies(PodPolicy.standard()).run();
        assertEquals(List.of(NOWHERE), rehearsal.missingFiles());
        assertEquals(config, rehearsal.guest());

        DomainConfig complete = guest(64, 128).kernel(kernel).build();
        assertEquals(
                List.of(),
                AdvisoryRehearsal.of(complete)
                        .policies(PodPolicy.standard())
                        .run()
                        .missingFiles());
    }

    @Test
    void anExistingKernelIsUsed(@TempDir Path directory) throws IOException {
        Path noKernel = Files.writeString(directory.resolve("kernel"), "no kernel");
        AdvisoryRehearsal rehearsal =
                AdvisoryRehearsal.of(guest(64, 128).kernel(noKernel).build());
        assertThrows(KernelImageException.class, rehearsal::run);
    }
}
