// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jline.utils.Levenshtein;
import picocli.CommandLine.UnmatchedArgumentException;

/** Messages about words that no command takes. */
final class UnknownWords {
    /** Letters for each edit by which a suggestion may differ from the typed word. */
    private static final int LETTERS_PER_EDIT = 4;

    private UnknownWords() {}

    static String message(UnmatchedArgumentException e) {
        List<String> words = e.getUnmatched();
        List<String> options =
                words.stream().filter(word -> word.startsWith("-")).toList();
        if (!options.isEmpty()) {
            return (options.size() == 1 ? "unknown option: " : "unknown options: ") + quoted(options);
        }
        return e.getCommandLine().getParent() == null
                ? command(words.get(0))
                : (words.size() == 1 ? "unexpected argument: " : "unexpected arguments: ") + quoted(words);
    }

    /** The message for a word that is no command. */
    static String command(String word) {
        if (XlCommands.NAMES.contains(word)) {
            return "xl has the command '" + word + "', xlj does not have it yet";
        }
        return "there is no command '" + word + "'"
                + closest(word, Commands.names())
                        .map(name -> "; did you mean '" + name + "'?")
                        .orElse("");
    }

    private static Optional<String> closest(String word, Collection<String> names) {
        return names.stream()
                .min(Comparator.comparingInt(name -> Levenshtein.distance(word, name)))
                .filter(name -> Levenshtein.distance(word, name) <= Math.max(1, word.length() / LETTERS_PER_EDIT));
    }

    private static String quoted(List<String> words) {
        return words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(", "));
    }
}
