// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TickingServiceTest {
    private static final Duration NEVER = Duration.ofHours(1);

    private final List<String> story = Collections.synchronizedList(new ArrayList<>());
    private final BlockingQueue<String> ticks = new LinkedBlockingQueue<>();
    private final AtomicReference<Throwable> uncaught = new AtomicReference<>();

    private TickingService start(Supplier<Duration> tick) {
        TickingService.Settings settings = new TickingService.Settings(
                "test",
                work -> {
                    Thread thread = new Thread(work, "test");
                    thread.setUncaughtExceptionHandler((t, e) -> uncaught.set(e));
                    return thread;
                },
                failure -> {
                    story.add("failed: " + failure.getMessage());
                    return Duration.ZERO;
                },
                Duration.ofSeconds(30));
        TickingService.Work work = new TickingService.Work() {
            @Override
            public void begin(Runnable wake) {
                story.add("begin");
            }

            @Override
            public Duration tick(InstantSource clock) {
                ticks.add("tick");
                return tick.get();
            }

            @Override
            public void end() {
                story.add("end");
            }
        };
        return TickingService.start(settings, work, Clock.systemUTC());
    }

    private void awaitTick() throws InterruptedException {
        assertEquals("tick", ticks.poll(30, TimeUnit.SECONDS));
    }

    @Test
    void theServiceTicksWhenTheWorkIsDueAndAfterAWakeUp() throws InterruptedException {
        Duration[] waits = {Duration.ZERO, NEVER, NEVER};
        int[] count = {0};
        TickingService service = start(() -> waits[Math.min(count[0]++, 2)]);
        awaitTick();
        awaitTick();
        service.wake();
        awaitTick();
        service.close();
        service.ended().join();
        assertEquals(List.of("begin", "end"), story);
    }

    @Test
    void anExceptionGoesToTheHandlerAndTheServiceGoesOn() throws InterruptedException {
        int[] count = {0};
        TickingService service = start(() -> {
            if (count[0]++ == 0) {
                throw new IllegalStateException("once");
            }
            return NEVER;
        });
        awaitTick();
        awaitTick();
        service.close();
        service.ended().join();
        assertEquals(List.of("begin", "failed: once", "end"), story);
    }

    @Test
    void anErrorEndsTheServiceAndReachesItsOwnerAndTheThreadsHandler() {
        Error error = new OutOfMemoryError("no heap");
        TickingService service = start(() -> {
            throw error;
        });
        CompletionException told =
                assertThrows(CompletionException.class, () -> service.ended().join());
        assertSame(error, told.getCause());
        service.close();
        assertSame(error, uncaught.get());
        assertEquals(List.of("begin", "end"), story);
    }

    @Test
    void closeWaitsForTheTickThatIsUnderWay() throws InterruptedException {
        CountDownLatch under = new CountDownLatch(1);
        TickingService service = start(() -> {
            under.countDown();
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            story.add("ticked");
            return NEVER;
        });
        assertTrue(under.await(30, TimeUnit.SECONDS));
        service.close();
        assertEquals(List.of("begin", "ticked", "end"), story);
    }

    @Test
    void aServiceOnTheCallersThreadWaitsAsItsCallerSaysAndEndsWithIt() {
        List<Duration> waits = new ArrayList<>();
        TickingService.Work work = new TickingService.Work() {
            @Override
            public Duration tick(InstantSource clock) {
                story.add("tick on " + Thread.currentThread().getName());
                return Duration.ofSeconds(waits.size());
            }

            @Override
            public void end() {
                story.add("end");
            }
        };
        TickingService.run(TickingService.Settings.daemon("test", NEVER, NEVER), work, Clock.systemUTC(), next -> {
            waits.add(next);
            return waits.size() < 2;
        });
        String tick = "tick on " + Thread.currentThread().getName();
        assertEquals(List.of(tick, tick, "end"), story);
        assertEquals(List.of(Duration.ZERO, Duration.ofSeconds(1)), waits);
    }

    @Test
    void aCallerGetsTheExceptionThatTheErrorHandlerThrows() {
        IllegalStateException failure = new IllegalStateException("broken");
        TickingService.Settings settings = new TickingService.Settings(
                "test",
                Thread::new,
                e -> {
                    throw e;
                },
                NEVER);
        assertSame(
                failure,
                assertThrows(
                        IllegalStateException.class,
                        () -> TickingService.run(
                                settings,
                                clock -> {
                                    throw failure;
                                },
                                Clock.systemUTC(),
                                next -> true)));
    }
}
