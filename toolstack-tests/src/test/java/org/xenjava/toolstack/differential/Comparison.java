// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs the same steps on two machines and finds the shortest sequence on which they differ. */
record Comparison(Machine left, Machine right) {

    /**
     * A difference.
     *
     * @param steps all steps up to the one that differs
     * @param left what one machine made of the last
     * @param right what the other made of it
     */
    record Mismatch(List<Step> steps, Outcome left, Outcome right) {}

    /** The first step after which the machines differ, if there is one. */
    Optional<Mismatch> compare(List<Step> steps) {
        List<Outcome> lefts = left.run(steps);
        List<Outcome> rights = right.run(steps);
        for (int i = 0; i < steps.size(); i++) {
            if (!lefts.get(i).equals(rights.get(i))) {
                return Optional.of(new Mismatch(List.copyOf(steps.subList(0, i + 1)), lefts.get(i), rights.get(i)));
            }
        }
        return Optional.empty();
    }

    /** Drops steps, in ever smaller runs, as long as what is left still differs somewhere. */
    Mismatch shrink(Mismatch mismatch) {
        Mismatch smallest = mismatch;
        for (int run = Math.max(1, smallest.steps().size() / 2); run >= 1; run /= 2) {
            for (int from = 0; from + run <= smallest.steps().size(); ) {
                List<Step> fewer = new ArrayList<>(smallest.steps());
                fewer.subList(from, from + run).clear();
                Optional<Mismatch> still = compare(fewer);
                if (still.isPresent()) {
                    smallest = still.get();
                } else {
                    from += run;
                }
            }
        }
        return smallest;
    }

    String describe(long seed, Mismatch mismatch) {
        StringBuilder text = new StringBuilder("seed " + seed + ": after these steps the machines differ:\n");
        mismatch.steps().forEach(step -> text.append("  ").append(step).append('\n'));
        text.append("  %-10s %s%n".formatted(left.name(), mismatch.left()));
        text.append("  %-10s %s%n".formatted(right.name(), mismatch.right()));
        return text.toString();
    }
}
