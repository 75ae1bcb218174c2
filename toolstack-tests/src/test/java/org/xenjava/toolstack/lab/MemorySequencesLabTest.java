// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * Sequences of verbs that change a guest's memory before it has ballooned, on real Xen. The system properties
 * {@code sequences} and {@code seed} set the number of random sequences and the first seed.
 */
class MemorySequencesLabTest extends LabFixture {
    private static final int SEQUENCES = Integer.getInteger("sequences", 10);
    private static final long SEED = Long.getLong("seed", 0);

    /** In MiB. */
    private static final long MEMORY = 24;

    private static final long MAX_MEMORY = 48;

    @Test
    void linuxKeepsItsSizeIfMemMaxIsSetBeforeTheFirstUnpause() {
        Domain domain = toolstack.create(LabGuest.config("early", 256, 512).build());
        report("created, paused, 256/512", domain);
        domain.memory().setMaximum(KiB.ofMiB(300));
        report("mem-max 300", domain);
        LabGuest guest = boot(domain);
        PodCounters settled = LabGuest.awaitSettled(domain, xenctrl);
        report("ballooned", domain);
        String status = guest.say("status");
        Dom0.report(status.strip());
        // Linux shows its target less what its kernel reserved before it knew: 388 KiB on every kernel measured.
        assertTrue(status.contains("target_kb=261756 current_kb=261756"), status);
        assertEquals(256 * 256 + 8, settled.totPages(), 2);
        assertEquals(0, settled.debt());
        Dom0.report(guest.say("fill all").strip());
        report("filled", domain);
        assertTrue(domain.status().shutdownReason().isEmpty());
    }

    @Test
    void noRandomSequenceLeavesAGuestThatLoadCrashes() {
        for (int i = 0; i < SEQUENCES; i++) {
            boolean hvm = i % 5 == 4;
            List<String> steps = new ArrayList<>();
            Random random = new Random(SEED + i);
            Domain domain = toolstack.create(hvm ? hvm() : pvh());
            steps.add("seed " + (SEED + i) + (hvm ? ": HVM" : ": PVH"));
            for (int step = random.nextInt(4); step > 0; step--) {
                resize(domain, random, steps);
            }
            PodGuest guest = PodGuest.boot(domain);
            steps.add("unpause");
            for (int step = 1 + random.nextInt(5); step > 0; step--) {
                switch (random.nextInt(4)) {
                    case 0 -> steps.add("balloon " + guest.balloon(0));
                    case 1 -> {
                        domain.pause();
                        resize(domain, random, steps);
                        domain.unpause();
                    }
                    default -> resize(domain, random, steps);
                }
            }
            steps.add("balloon " + guest.balloon(0));
            PodCounters counters = report(steps.toString(), domain);
            assertFalse(counters.debt() > 0, steps.toString());
            Dom0.report("FILLED " + guest.fill() + " pages");
            assertTrue(domain.status().shutdownReason().isEmpty(), steps.toString());
            domain.destroy();
        }
    }

    /** The same with Linux, whose driver follows each new target by itself. */
    @Test
    @Tag("lab-long")
    void noRandomSequenceLeavesALinuxGuestThatLoadCrashes() {
        for (int i = 0; i < SEQUENCES; i++) {
            List<String> steps = new ArrayList<>();
            Random random = new Random(SEED + i);
            Domain domain = toolstack.create(LabGuest.config("linux", 128, 256).build());
            steps.add("seed " + (SEED + i));
            for (int step = random.nextInt(4); step > 0; step--) {
                resizeLinux(domain, random, steps);
            }
            domain.unpause();
            for (int step = random.nextInt(4); step > 0; step--) {
                Dom0.sleep(Duration.ofMillis(random.nextInt(4000)));
                resizeLinux(domain, random, steps);
            }
            LabGuest guest = boot(domain);
            LabGuest.awaitSettled(domain, xenctrl);
            assertEquals(0, report(steps.toString(), domain).debt());
            Dom0.report(guest.say("fill all").strip());
            assertTrue(domain.status().shutdownReason().isEmpty(), steps.toString());
            domain.destroy();
        }
    }

    private static void resize(Domain domain, Random random, List<String> steps) {
        boolean maximum = random.nextInt(3) == 0;
        long least = maximum ? domain.memory().status().size().toMiB() + 1 : 20;
        KiB size = KiB.ofMiB(least + random.nextInt((int) (MAX_MEMORY - 20)));
        resize(domain, maximum, maximum ? size : smaller(size, limit(domain)), steps);
    }

    private static void resizeLinux(Domain domain, Random random, List<String> steps) {
        boolean maximum = random.nextInt(3) == 0;
        long least = maximum ? domain.memory().status().size().toMiB() + 1 : 112;
        KiB size = KiB.ofMiB(least + random.nextInt(100));
        resize(domain, maximum, maximum ? size : smaller(size, limit(domain)), steps);
    }

    /** mem-set accepts sizes up to static-max, or up to what mem-max has set if that is less. */
    private static KiB limit(Domain domain) {
        KiB next = domain.memory().status().nextMaximum();
        KiB staticMax = domain.memory().status().staticMax();
        return smaller(next, staticMax);
    }

    private static KiB smaller(KiB a, KiB b) {
        return a.isLessThan(b) ? a : b;
    }

    private static void resize(Domain domain, boolean maximum, KiB size, List<String> steps) {
        if (maximum) {
            domain.memory().setMaximum(size);
        } else {
            domain.memory().set(size);
        }
        steps.add((maximum ? "mem-max " : "mem-set ") + size.toMiB());
    }

    private static DomainConfig pvh() {
        return PodGuest.config("sequence", MEMORY, MAX_MEMORY).build();
    }

    private static DomainConfig hvm() {
        try {
            Path file = Files.createTempFile("sequence", ".cfg");
            Files.writeString(
                    file,
                    """
                    name="sequence"
                    type="hvm"
                    firmware_override="%s"
                    vga="stdvga"
                    videoram=16
                    vnc=0
                    memory=%d
                    maxmem=%d
                    vcpus=1
                    on_crash="preserve"
                    """
                            .formatted(PodGuest.PROGRAM, MEMORY, MAX_MEMORY));
            return XlConfigReader.read(file).config();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
