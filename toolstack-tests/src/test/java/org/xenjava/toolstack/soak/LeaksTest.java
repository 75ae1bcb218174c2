// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.soak;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.junit.TinyKernel;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Heap, threads and open files after many repetitions. {@code -Dtoolstack.leaks.rounds=5000} runs more rounds than the
 * plain suite.
 */
class LeaksTest {
    private static final int ROUNDS = Integer.getInteger("toolstack.leaks.rounds", 100);

    /** Rounds before the first measurement, in which classes are loaded and caches fill. */
    private static final int WARM_UP_ROUNDS = 50;

    private static final Duration BOOT_TIME = Duration.ofSeconds(1);

    /** Growth that is not a leak: at 5,000 rounds, 400 bytes a round. */
    private static final long HEAP_TOLERANCE_BYTES = 2_000_000;

    private final SimulatedXen xen = SimulatedXen.create();

    /** The resources of this JVM. */
    private record Resources(long heapBytes, int threads, long files) {
        static Resources now() {
            return new Resources(usedHeap(), Thread.getAllStackTraces().size(), openFiles());
        }

        private static long usedHeap() {
            Runtime runtime = Runtime.getRuntime();
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            return runtime.totalMemory() - runtime.freeMemory();
        }

        private static long openFiles() {
            try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
                return files.count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void assertNotAbove(Resources before) {
            assertAll(
                    () -> assertTrue(
                            heapBytes <= before.heapBytes + HEAP_TOLERANCE_BYTES,
                            "heap: " + before.heapBytes + " bytes, now " + heapBytes),
                    () -> assertTrue(threads <= before.threads, "threads: " + before.threads + ", now " + threads),
                    () -> assertTrue(files <= before.files, "open files: " + before.files + ", now " + files));
        }
    }

    private static void repeat(Runnable round) {
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            round.run();
        }
        Resources before = Resources.now();
        for (int i = 0; i < ROUNDS; i++) {
            round.run();
        }
        Resources.now().assertNotAbove(before);
    }

    private void createAndDestroy(Toolstack toolstack) {
        Domain domain = toolstack.create(DomainConfig.builder("leaky")
                .kernel(TinyKernel.file())
                .memoryMib(32)
                .maxMemoryMib(64)
                .build());
        domain.unpause();
        xen.advance(BOOT_TIME);
        domain.destroy();
    }

    @Test
    void createsAndDestroysLeaveHeapThreadsAndFilesAsTheyWere() {
        try (XenLibraries observer = xen.connect();
                Toolstack toolstack = Toolstack.options().open(xen.host())) {
            createAndDestroy(toolstack);
            MachineState before = MachineState.of(observer);
            repeat(() -> createAndDestroy(toolstack));
            assertEquals(List.of(), MachineState.of(observer).changesSince(before));
        }
    }

    @Test
    void openingAndClosingLeavesHeapThreadsAndFilesAsTheyWere() {
        repeat(() -> {
            try (Toolstack toolstack = Toolstack.options().open(xen.host())) {
                toolstack.domains();
            }
        });
    }
}
