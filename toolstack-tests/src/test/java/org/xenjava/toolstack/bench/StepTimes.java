// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;

/** The time that each step of a create takes. */
final class StepTimes {
    private final Map<CreateStep, Samples> steps = new EnumMap<>(CreateStep.class);
    private final Samples plan = new Samples();

    void measure(Toolstack toolstack, BenchGuest guest, int rounds) {
        for (int i = 0; i < rounds; i++) {
            toolstack
                    .create(guest.config("steps-" + i), new Stopwatch(), new Cancellation())
                    .destroy();
        }
    }

    private final class Stopwatch implements CreateListener {
        private long last = System.nanoTime();
        private boolean planned;

        @Override
        public void onProgress(Progress progress) {
            double millis = (System.nanoTime() - last) / 1e6;
            if (!planned) {
                plan.add(millis);
                planned = true;
            } else if (progress.phase() == StepPhase.DONE) {
                steps.computeIfAbsent(progress.step(), unused -> new Samples()).add(millis);
            }
            last = System.nanoTime();
        }
    }

    /** A table of the steps that take half a millisecond or more. */
    String table(String title) {
        StringBuilder text = new StringBuilder("| step of a create, " + title + " | ms |\n|---|---|\n");
        row(text, "plan (read and parse the images)", plan);
        steps.forEach((step, samples) -> {
            if (samples.median() >= 0.5) {
                row(text, step.words(), samples);
            }
        });
        double rest = steps.values().stream()
                .mapToDouble(Samples::median)
                .filter(median -> median < 0.5)
                .sum();
        return text + String.format(Locale.ROOT, "| all other steps | %.1f |%n", rest);
    }

    private static void row(StringBuilder text, String what, Samples samples) {
        text.append("| ").append(what).append(" | ").append(samples.text()).append(" |\n");
    }
}
