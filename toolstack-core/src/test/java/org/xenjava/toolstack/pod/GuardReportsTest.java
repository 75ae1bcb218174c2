// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.GuardStatus.Activity;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;

/** Reports of a guard besides changes of state. */
class GuardReportsTest {
    private static final BalloonDriver SHORT =
            BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(98);
    private static final GuardPolicy COVER = GuardPolicy.standard().withMode(GuardMode.COVER_AT_ONCE);
    private static final GuardPolicy OBSERVE = GuardPolicy.standard().withMode(GuardMode.OBSERVE);
    private static final Duration LONG = Duration.ofMinutes(30);

    @Test
    void aMonitorThatComesAndGoesIsAnEvent() {
        try (GuardBench bench = new GuardBench(PodPolicy.standard(), BalloonDriver.of(BalloonFamily.LINUX))) {
            Domain domain = bench.start("web");
            PodGuard guard = bench.guard(COVER);
            bench.run(LONG, guard);
            int before = bench.events.size();
            bench.host.xenctrl.domains().attachMonitor(domain.domid());
            bench.run(LONG, guard);
            bench.host.xenctrl.domains().detachMonitor(domain.domid());
            bench.run(LONG, guard);

            List<GuardEvent> since = bench.events.subList(before, bench.events.size());
            assertEquals(
                    List.of(Inspection.ATTACHED, Inspection.NONE),
                    since.stream().map(GuardEvent::inspection).toList());
            assertEquals(GuardState.SETTLED, since.get(0).from());
            assertEquals(GuardState.SETTLED, since.get(0).to());
        }
    }

    @Test
    void aStatusIsTheLatestReading() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), SHORT)) {
            Domain domain = bench.start("web");
            List<GuardStatus> looks = new ArrayList<>();
            PodGuard guard = new PodGuard(
                    bench.host.xenctrl,
                    bench.store,
                    bench.host.newProcess(),
                    COVER,
                    new GuardListener() {
                        @Override
                        public void changed(GuardEvent event) {
                            // Others look at these.
                        }

                        @Override
                        public void looked(GuardStatus status) {
                            looks.add(status);
                        }
                    },
                    DomainLock.NONE);
            assertEquals(List.of(), guard.statuses());
            bench.run(LONG, guard);
            GuardStatus last = looks.get(looks.size() - 1);
            assertEquals(List.of(last), guard.statuses());
            assertEquals("web", last.pod().name());
            assertEquals(GuardState.COVERED, last.state());
            assertEquals(98, last.coveredPages());
            assertEquals(Activity.RUNNING, last.activity());
            assertEquals(0, last.pod().debtPages());
            assertTrue(looks.get(0).pod().debtPages() > 0);

            domain.destroy();
            bench.run(LONG, guard);
            assertEquals(List.of(), guard.statuses());
        }
    }

    @Test
    void aGuardOfSomeLeavesTheOthersAlone() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), SHORT)) {
            Domain ours = bench.start("ours");
            Domain other = bench.start("other");
            PodGuard guard = new PodGuard(
                    bench.host.xenctrl,
                    bench.store,
                    bench.host.newProcess(),
                    COVER,
                    GuardScope.of(Set.of(ours.uuid())),
                    bench.events::add,
                    DomainLock.NONE);
            bench.run(LONG, guard);
            assertEquals(0, bench.debt(ours));
            assertEquals(98, bench.debt(other));
            assertTrue(bench.events.stream().allMatch(event -> event.domid() == ours.domid()), bench.events::toString);
        }
    }

    @Test
    void theGuardHasAVerdictWhenNoChangeIsExpected() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), SHORT)) {
            PodGuard cover = bench.guard(COVER);
            PodGuard observe = bench.guard(OBSERVE);
            assertFalse(cover.decided(), "it has not looked yet");
            bench.run(Duration.ofSeconds(31), cover, observe);
            assertTrue(cover.decided(), "there is nobody to wait for");
            Domain domain = bench.start("web");
            bench.run(Duration.ofSeconds(40), cover, observe);
            assertFalse(cover.decided());
            assertFalse(observe.decided());
            domain.pause();
            bench.run(Duration.ofMinutes(2), cover, observe);
            assertTrue(cover.decided(), "a paused guest does nothing more");
            domain.unpause();
            bench.run(LONG, observe);
            assertTrue(observe.decided(), "it is short, and that is all that an observer does");
            bench.run(LONG, cover);
            assertTrue(cover.decided());
            assertEquals(GuardState.COVERED, cover.statuses().get(0).state());
        }
    }

    @Test
    void aServiceReportsItsVerdict() throws Exception {
        try (TestHost host = TestHost.create()) {
            try (PodGuardService guard = host.toolstack.guard(COVER, GuardListener.NONE)) {
                assertTrue(guard.awaitDecided(Duration.ofMinutes(1)));
                Domain domain =
                        host.toolstack.create(TestHost.guest("web", 64, 128).build());
                try (PodGuardService one =
                        host.toolstack.guard(COVER, GuardScope.of(Set.of(domain.uuid())), GuardListener.NONE)) {
                    assertTrue(one.awaitDecided(Duration.ofMinutes(1)), "it is paused");
                    assertEquals("web", one.statuses().get(0).pod().name());
                }
                domain.unpause();
                PodGuardService waiting = host.toolstack.guard(COVER, GuardListener.NONE);
                assertFalse(waiting.awaitDecided(Duration.ofMillis(1)), "time stands still");
                CompletableFuture<Boolean> verdict = CompletableFuture.supplyAsync(() -> awaited(waiting));
                waiting.close();
                assertFalse(verdict.get(), "whoever waits is told when it ends");
            }
        }
    }

    private static boolean awaited(PodGuardService guard) {
        try {
            return guard.awaitDecided(Duration.ofHours(1));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void bothListenersGetTheSameEvents() {
        List<Object> one = new ArrayList<>();
        List<Object> other = new ArrayList<>();
        GuardListener both = collecting(one).andThen(collecting(other));
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), SHORT)) {
            bench.start("web");
            PodGuard guard = new PodGuard(
                    bench.host.xenctrl, bench.store, bench.host.newProcess(), COVER, both, DomainLock.NONE);
            bench.run(LONG, guard);
        }
        assertTrue(one.stream().anyMatch(GuardEvent.class::isInstance));
        assertTrue(one.stream().anyMatch(GuardStatus.class::isInstance));
        assertEquals(one, other);
    }

    private static GuardListener collecting(List<Object> heard) {
        return new GuardListener() {
            @Override
            public void changed(GuardEvent event) {
                heard.add(event);
            }

            @Override
            public void looked(GuardStatus status) {
                heard.add(status);
            }
        };
    }

    @Test
    void theFlightRecorderGetsEveryReading() throws IOException {
        Path file = Files.createTempFile("guard", ".jfr");
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), SHORT);
                Recording recording = new Recording()) {
            bench.start("web");
            recording.enable("org.xenjava.toolstack.PodReading");
            recording.start();
            bench.run(LONG, bench.guard(COVER));
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> readings = RecordingFile.readAllEvents(file);
        Files.delete(file);
        RecordedEvent first = readings.get(0);
        assertEquals("web", first.getString("name"));
        assertEquals(
                first.getLong("entries") - first.getLong("cachePages"), first.getLong("debtPages"), first::toString);
        RecordedEvent last = readings.get(readings.size() - 1);
        assertEquals("COVERED", last.getString("state"));
        assertEquals(98, last.getLong("coveredPages"));
        assertEquals(0, last.getLong("debtPages"));
    }
}
