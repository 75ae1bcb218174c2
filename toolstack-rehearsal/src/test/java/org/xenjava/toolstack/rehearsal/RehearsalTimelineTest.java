// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;
import org.xenjava.toolstack.rehearsal.RehearsalTrial.Outcome;

class RehearsalTimelineTest {
    private static final DomainConfig GUEST = DomainConfig.builder("web")
            .kernel(Path.of("/nowhere/vmlinuz"))
            .memoryMib(64)
            .maxMemoryMib(128)
            .build();
    private static final List<RehearsalTimeline> TIMELINES = AdvisoryRehearsal.of(GUEST)
            .policies(UnpatchedPodPolicy.forSimulation(), PodPolicy.standard())
            .drivers(GuestDriver.olderLinux(DomainType.PVH))
            .record();
    private static final RehearsalTimeline UNPATCHED = TIMELINES.get(0);
    private static final RehearsalTimeline STANDARD = TIMELINES.get(1);

    private static RehearsalSample last(RehearsalTimeline timeline) {
        return timeline.samples().get(timeline.samples().size() - 1);
    }

    @Test
    void aTimelineBeginsWithAnEntryForEveryFrameButTheSuperpageThatTheBuildTouches() {
        for (RehearsalTimeline timeline : TIMELINES) {
            RehearsalSample first = timeline.samples().get(0);
            assertEquals(Duration.ZERO, first.time());
            assertEquals(
                    timeline.trial().initialDebt().count(), first.counters().debt());
            assertEquals(128 * 256 - 512, first.counters().entries());
        }
    }

    @Test
    void timePassesBetweenSamplesAndTheLoadComesAfterTheBoot() {
        for (RehearsalTimeline timeline : TIMELINES) {
            List<Duration> times =
                    timeline.samples().stream().map(RehearsalSample::time).toList();
            assertEquals(times.stream().distinct().sorted().toList(), times);
            assertTrue(times.contains(timeline.loadBegins()));
        }
    }

    @Test
    void entriesNeverRiseUntilTheLoad() {
        for (RehearsalTimeline timeline : TIMELINES) {
            List<Long> entries = timeline.samples().stream()
                    .filter(sample -> sample.time().compareTo(timeline.loadBegins()) <= 0)
                    .map(sample -> sample.counters().entries())
                    .toList();
            assertEquals(entries.stream().sorted((a, b) -> Long.compare(b, a)).toList(), entries);
        }
    }

    @Test
    void theGuestThatIsShortCrashesWithAnEmptyCacheAndItsDebtInEntries() {
        assertEquals(Outcome.CRASHED, UNPATCHED.trial().outcome());
        assertEquals(0, last(UNPATCHED).counters().cachePages());
        assertEquals(97, last(UNPATCHED).counters().entries());
    }

    @Test
    void theGuestWithSlackEndsWithoutEntriesAndWithoutCache() {
        assertEquals(Outcome.LIVED, STANDARD.trial().outcome());
        assertEquals(0, last(STANDARD).counters().cachePages());
        assertEquals(0, last(STANDARD).counters().entries());
    }

    @Test
    void memoryFilledInStepsEndsLikeMemoryFilledAtOnce() {
        List<RehearsalTrial> atOnce = AdvisoryRehearsal.of(GUEST)
                .policies(UnpatchedPodPolicy.forSimulation(), PodPolicy.standard())
                .drivers(GuestDriver.olderLinux(DomainType.PVH))
                .run()
                .trials();
        assertEquals(atOnce, TIMELINES.stream().map(RehearsalTimeline::trial).toList());
    }
}
