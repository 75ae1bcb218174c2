// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Saves pages that an HVM guest has outside its RAM. */
class HvmFramesTest {
    private static final int MEMORY_MIB = 20;
    private static final long RAM_END = ((long) MEMORY_MIB << 20) >> Pages.SHIFT;
    private static final long FOUR_GIB = 1L << 20;

    /** The first frame of the hole for devices that hvmloader makes for small cards. */
    private static final long FIRST_MAPPED_CARD = 0xf0000;

    @TempDir
    private Path directory;

    @Test
    void theMemoryOfEmulatedCardsIsFoundWithFewCalls() {
        long[] cards = {RAM_END, RAM_END + 1, FIRST_MAPPED_CARD, FIRST_MAPPED_CARD + 1};
        // A thousand windows of frames reach to 4 GiB.
        int questions = questionsForASave(cards);
        assertTrue(questions < 100, questions + " questions for frames");
    }

    @Test
    void pagesAreFoundAnywhereBelowTheHighestFrame() {
        questionsForASave(RAM_END + 2048, 0x20000, 0x80000, FIRST_MAPPED_CARD - 1, FOUR_GIB - 1);
    }

    /** Saves a guest with these pages, and restores it. Returns the number of questions about frames of the save. */
    private int questionsForASave(long... frames) {
        Path file = directory.resolve("web.save");
        var questions = new AtomicInteger();
        try (TestHost host = TestHost.create()) {
            Domain domain = host.toolstack.create(
                    TestHost.hvmGuest("web", MEMORY_MIB, MEMORY_MIB).build());
            domain.unpause();
            host.xen.advance(Duration.ofMinutes(1));
            assertEquals(frames.length, host.xenctrl.memory().populatePhysmap(domain.domid(), frames, 0, 0));
            host.faults.inject(call -> {
                questions.addAndGet(call.name().equals("XEN_DOMCTL_getpageframeinfo3") ? 1 : 0);
                return new Verdict.Passes();
            });
            PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
            host.faults.heal();
            Domain restored = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
            assertArrayEquals(new int[frames.length], host.xenctrl.state().frameTypes(restored.domid(), frames));
        }
        return questions.get();
    }
}
