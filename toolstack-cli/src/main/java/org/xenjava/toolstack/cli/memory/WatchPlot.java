// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A plot of cache and entries over time, made of characters. */
final class WatchPlot {
    static final int WIDTH = 64;
    static final int HEIGHT = 14;

    private static final char ENTRIES = '#';
    private static final char CACHE = 'o';
    private static final char BOTH = '@';

    private WatchPlot() {}

    /**
     * Draws the plot, always with the same number of lines.
     *
     * @param samples by time; not empty
     */
    static List<String> of(List<WatchSample> samples) {
        WatchSample last = samples.get(samples.size() - 1);
        double end = Math.max(1e-9, last.seconds());
        long most = samples.stream()
                .mapToLong(sample -> Math.max(
                        sample.pod().entries().count(), sample.pod().cache().count()))
                .max()
                .orElse(0);
        char[][] cells = new char[HEIGHT][WIDTH];
        Arrays.stream(cells).forEach(row -> Arrays.fill(row, ' '));
        for (int column = 0, at = 0; column < WIDTH; column++) {
            double time = end * column / (WIDTH - 1);
            while (at + 1 < samples.size() && samples.get(at + 1).seconds() <= time) {
                at++;
            }
            put(cells, column, samples.get(at).pod().entries().count(), most, ENTRIES);
            put(cells, column, samples.get(at).pod().cache().count(), most, CACHE);
        }
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < HEIGHT; row++) {
            long label = Math.round((double) most * (HEIGHT - 1 - row) / (HEIGHT - 1));
            lines.add(String.format(Locale.ROOT, "%9d |%s", label, new String(cells[row]))
                    .stripTrailing());
        }
        lines.add(String.format(Locale.ROOT, "%9s +%s %.0f s", "pages", "-".repeat(WIDTH), last.seconds()));
        lines.add("           " + ENTRIES + " entries  " + CACHE + " cache  " + BOTH + " both; " + numbers(last));
        return lines;
    }

    private static void put(char[][] cells, int column, long pages, long most, char mark) {
        int height = most == 0 ? 0 : (int) Math.round((double) pages * (HEIGHT - 1) / most);
        int row = HEIGHT - 1 - height;
        cells[row][column] = cells[row][column] == ENTRIES && mark == CACHE ? BOTH : mark;
    }

    /** The counters on one line. */
    static String numbers(WatchSample sample) {
        return "owns " + sample.pod().totPages().count()
                + sample.told().map(told -> " of " + told.count()).orElse("")
                + "  entries " + sample.pod().entries().count()
                + "  cache " + sample.pod().cache().count()
                + "  debt " + sample.pod().debtPages();
    }
}
