// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Suggests the known word that is closest to a mistyped one. */
final class KeySuggestions {
    /** A word with fewer letters is more likely another word than a mistyped one. */
    private static final int SHORTEST = 3;

    /** From this length on, two edits are still a typing error. */
    private static final int LONG = 8;

    /** No key is longer; the bound keeps the time for a word of a megabyte small. */
    private static final int LONGEST = 40;

    private KeySuggestions() {}

    /**
     * The candidate that is one edit away, or two for a word of eight or more letters; the first of several. An edit is
     * a letter inserted, removed, replaced or swapped with its neighbour.
     */
    static Optional<String> closest(String word, Collection<String> candidates) {
        if (word.length() < SHORTEST || word.length() > LONGEST) {
            return Optional.empty();
        }
        int allowed = word.length() < LONG ? 1 : 2;
        return candidates.stream()
                .filter(candidate -> candidate.length() >= SHORTEST)
                .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
                .filter(candidate -> distance(word, candidate) <= allowed);
    }

    /** The distance of Levenshtein, with the swap of neighbours as one edit. */
    static int distance(String from, String to) {
        int[][] distances = new int[from.length() + 1][to.length() + 1];
        for (int row = 0; row <= from.length(); row++) {
            distances[row][0] = row;
        }
        for (int column = 0; column <= to.length(); column++) {
            distances[0][column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            for (int column = 1; column <= to.length(); column++) {
                int replaced = distances[row - 1][column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                int least = Math.min(replaced, 1 + Math.min(distances[row - 1][column], distances[row][column - 1]));
                distances[row][column] =
                        isSwap(from, row, to, column) ? Math.min(least, distances[row - 2][column - 2] + 1) : least;
            }
        }
        return distances[from.length()][to.length()];
    }

    private static boolean isSwap(String from, int row, String to, int column) {
        return row > 1
                && column > 1
                && from.charAt(row - 1) == to.charAt(column - 2)
                && from.charAt(row - 2) == to.charAt(column - 1);
    }
}
