// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Sequences of steps that meet each other: small numbers, few frames, every order and alignment. */
final class RandomSteps {
    /**
     * Frames that steps speak of. Within 1024 Xen's emergency sweep always runs to its end; beyond, it may give up when
     * something else wants the CPU, which no simulation can foretell.
     */
    static final int FRAMES = 1024;

    private static final int SUPERPAGE = 9;
    private static final int SUPERPAGE_FRAMES = 1 << SUPERPAGE;

    private final Random random;

    RandomSteps(long seed) {
        this.random = new Random(seed);
    }

    List<Step> sequence(int length) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.MaxMem(4L * (random.nextInt(2) == 0 ? 2048 : 600)));
        if (random.nextInt(4) != 0) {
            steps.add(new Step.SetPodTarget(random.nextInt(FRAMES)));
        }
        for (int superpage = 0; superpage < FRAMES / SUPERPAGE_FRAMES; superpage++) {
            steps.add(new Step.PopulateOnDemand((long) superpage * SUPERPAGE_FRAMES, 1, SUPERPAGE));
        }
        while (steps.size() < length) {
            steps.add(step());
        }
        return steps;
    }

    private Step step() {
        return switch (random.nextInt(20)) {
            case 0 -> new Step.MaxMem(random.nextInt(4 * 1500));
            case 1, 2, 3 -> new Step.SetPodTarget(random.nextInt(1500));
            case 4, 5 -> {
                int order = order();
                yield new Step.PopulateOnDemand(gfn(order), count(order), order);
            }
            case 6, 7 -> {
                int order = order();
                yield new Step.Populate(gfn(order), count(order), order);
            }
            case 8, 9, 10, 11 -> {
                int order = order();
                yield new Step.Decrease(gfn(order), count(order), order);
            }
            case 12 -> new Step.Claim(random.nextInt(3) == 0 ? 0 : random.nextInt(1500));
            case 13 -> new Step.Move(random.nextInt(FRAMES), random.nextInt(FRAMES));
            default ->
                new Step.Touch(random.nextInt(FRAMES - 64), 1 + random.nextInt(64), random.nextInt(3) == 0 ? 0 : 7);
        };
    }

    private int order() {
        return switch (random.nextInt(6)) {
            case 0 -> SUPERPAGE;
            case 1 -> 1 + random.nextInt(4);
            default -> 0;
        };
    }

    private int count(int order) {
        return order == SUPERPAGE ? 1 : 1 + random.nextInt(64 >> order);
    }

    /** Mostly aligned to the extent, sometimes not. */
    private long gfn(int order) {
        int room = FRAMES - (order == SUPERPAGE ? SUPERPAGE_FRAMES : 64);
        int gfn = random.nextInt(room + 1);
        return random.nextInt(8) == 0 ? gfn : gfn & -(1 << order);
    }
}
