// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a line into words as a shell does: at blanks, with quotes, backslashes and comments. A line has no variables, so
 * {@code $} stands for itself.
 */
final class CommandWords {
    private static final String ESCAPED_IN_QUOTES = "\"\\$`";

    private final String line;
    private final List<String> words = new ArrayList<>();
    private int at;

    private CommandWords(String line) {
        this.line = line;
    }

    /**
     * The words of a line, none of an empty line or a comment.
     *
     * @throws IllegalArgumentException if a quote is not closed, or the line ends with a backslash
     */
    static List<String> of(String line) {
        CommandWords split = new CommandWords(line);
        while (split.skipBlanks()) {
            split.addWord();
        }
        return split.words;
    }

    /** Whether a word follows. */
    private boolean skipBlanks() {
        while (at < line.length() && Character.isWhitespace(line.charAt(at))) {
            at++;
        }
        return at < line.length() && line.charAt(at) != '#';
    }

    private void addWord() {
        StringBuilder word = new StringBuilder();
        while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
            char next = next();
            switch (next) {
                case '\'' -> {
                    for (char quoted = next(); quoted != '\''; quoted = next()) {
                        word.append(quoted);
                    }
                }
                case '"' -> addQuoted(word);
                case '\\' -> word.append(next());
                default -> word.append(next);
            }
        }
        words.add(word.toString());
    }

    private void addQuoted(StringBuilder word) {
        for (char quoted = next(); quoted != '"'; quoted = next()) {
            if (quoted == '\\') {
                char escaped = next();
                if (ESCAPED_IN_QUOTES.indexOf(escaped) < 0) {
                    word.append(quoted);
                }
                word.append(escaped);
            } else {
                word.append(quoted);
            }
        }
    }

    private char next() {
        if (at == line.length()) {
            throw new IllegalArgumentException("a quote is not closed, or nothing follows a backslash");
        }
        return line.charAt(at++);
    }
}
