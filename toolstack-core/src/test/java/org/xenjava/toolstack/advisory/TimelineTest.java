// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.advisory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.advisory.Trial.Outcome;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;

class TimelineTest {
    private static final DomainConfig GUEST = DomainConfig.builder("web")
            .kernel(Path.of("/nowhere/vmlinuz"))
            .memoryMib(64)
            .maxMemoryMib(128)
            .build();
    private static final List<Timeline> TIMELINES = AdvisoryRehearsal.of(GUEST)
            .policies(UnpatchedPodPolicy.forSimulation(), PodPolicy.standard())
            .drivers(GuestDriver.olderLinux(DomainType.PVH))
            .record();
    private static final Timeline UNPATCHED = TIMELINES.get(0);
    private static final Timeline STANDARD = TIMELINES.get(1);

    private static Sample last(Timeline timeline) {
        return timeline.samples().get(timeline.samples().size() - 1);
    }

    @Test
    void itBeginsWithEveryFrameAnEntryButTheSuperpageThatTheBuildTouches() {
        for (Timeline timeline : TIMELINES) {
            Sample first = timeline.samples().get(0);
            assertEquals(Duration.ZERO, first.time());
            assertEquals(
                    timeline.trial().initialDebt().count(),
                    first.entries().minus(first.cache()).count());
            assertEquals(128 * 256 - 512, first.entries().count());
        }
    }

    @Test
    void timePassesBetweenSamplesAndTheLoadComesAfterTheBoot() {
        for (Timeline timeline : TIMELINES) {
            List<Duration> times = timeline.samples().stream().map(Sample::time).toList();
            assertEquals(times.stream().distinct().sorted().toList(), times);
            assertTrue(times.contains(timeline.loadBegins()));
        }
    }

    @Test
    void entriesNeverRiseUntilTheLoad() {
        for (Timeline timeline : TIMELINES) {
            List<Long> entries = timeline.samples().stream()
                    .filter(sample -> sample.time().compareTo(timeline.loadBegins()) <= 0)
                    .map(sample -> sample.entries().count())
                    .toList();
            assertEquals(entries.stream().sorted((a, b) -> Long.compare(b, a)).toList(), entries);
        }
    }

    @Test
    void theGuestThatIsShortDiesWithAnEmptyCacheAndItsDebtInEntries() {
        assertEquals(Outcome.CRASHED, UNPATCHED.trial().outcome());
        assertEquals(0, last(UNPATCHED).cache().count());
        assertEquals(97, last(UNPATCHED).entries().count());
    }

    @Test
    void theGuestWithSlackEndsWithoutEntriesAndWithoutCache() {
        assertEquals(Outcome.LIVED, STANDARD.trial().outcome());
        assertEquals(0, last(STANDARD).cache().count());
        assertEquals(0, last(STANDARD).entries().count());
    }

    @Test
    void fillingBitByBitEndsAsFillingAtOnce() {
        List<Trial> atOnce = AdvisoryRehearsal.of(GUEST)
                .policies(UnpatchedPodPolicy.forSimulation(), PodPolicy.standard())
                .drivers(GuestDriver.olderLinux(DomainType.PVH))
                .run()
                .trials();
        assertEquals(atOnce, TIMELINES.stream().map(Timeline::trial).toList());
    }
}
