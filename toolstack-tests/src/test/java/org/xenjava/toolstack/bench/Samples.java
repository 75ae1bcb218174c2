// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Measured times of one operation, in milliseconds. */
final class Samples {
    private final List<Double> millis = new ArrayList<>();

    void add(double time) {
        millis.add(time);
    }

    int count() {
        return millis.size();
    }

    double min() {
        return millis.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    double median() {
        double[] sorted =
                millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The median, and the minimum in parentheses. */
    String text() {
        return number(median()) + " (" + number(min()) + ")";
    }

    /** The ratio of the medians, and that of the minima in parentheses. */
    String ratioTo(Samples other) {
        return "%.2f (%.2f)".formatted(median() / other.median(), min() / other.min());
    }

    private static String number(double time) {
        return String.format(Locale.ROOT, time < 10 ? "%.1f" : "%.0f", time);
    }
}
