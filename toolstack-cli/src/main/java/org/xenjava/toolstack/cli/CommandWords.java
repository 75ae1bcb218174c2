// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Splits a line into words as a shell does: at blanks, with quotes, backslashes and comments, and nothing else. */
final class CommandWords {
    /** A part of a word. Within double quotes, a backslash protects a quote and a backslash only. */
    private static final Pattern PART = Pattern.compile(
            "'(?<single>[^']*)'|\"(?<twice>(?:\\\\.|[^\"\\\\])*)\"|\\\\(?<escaped>.)|(?<plain>[^\\s'\"\\\\]+)");

    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern ESCAPED_IN_QUOTES = Pattern.compile("\\\\([\"\\\\])");

    private CommandWords() {}

    /**
     * The words of a line, none of an empty line or a comment.
     *
     * @throws IllegalArgumentException if a quote is not closed, or the line ends with a backslash
     */
    static List<String> of(String line) {
        List<String> words = new ArrayList<>();
        Matcher part = PART.matcher(line);
        Matcher blanks = BLANKS.matcher(line);
        int at = 0;
        while (true) {
            if (blanks.region(at, line.length()).lookingAt()) {
                at = blanks.end();
            }
            if (at == line.length() || line.charAt(at) == '#') {
                return words;
            }
            StringBuilder word = new StringBuilder();
            while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
                if (!part.region(at, line.length()).lookingAt()) {
                    throw new IllegalArgumentException(
                            "a quote is not closed, or nothing follows a backslash: " + line.substring(at));
                }
                word.append(text(part));
                at = part.end();
            }
            words.add(word.toString());
        }
    }

    private static String text(Matcher part) {
        if (part.group("single") != null) {
            return part.group("single");
        }
        if (part.group("twice") != null) {
            return ESCAPED_IN_QUOTES.matcher(part.group("twice")).replaceAll("$1");
        }
        return part.group("escaped") != null ? part.group("escaped") : part.group("plain");
    }
}
