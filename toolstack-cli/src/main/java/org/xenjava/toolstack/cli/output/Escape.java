// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * Makes text from files, xenstore and guests safe for a terminal. Control characters could move the cursor, set the
 * window's title or fill the clipboard; bidirectional controls could disguise a line. {@code xlj} escapes all text
 * that it prints, except the bytes of a guest's console.
 */
public final class Escape {
    private static final int FIRST_BEYOND_LATIN1 = 0x100;
    private static final int FIRST_BEYOND_BMP = 0x10000;

    private Escape() {}

    /**
     * Escapes one line of text. A tab stays, because xl's tables have tabs; a line break is escaped. An escaped
     * character is written {@code \x1b}, as in C and in xl.cfg, and {@code \}{@code u202e} beyond Latin-1.
     */
    public static String line(String text) {
        return replace(text, c -> c != '\t' && isUnsafe(c), Escape::inText);
    }

    /**
     * Escapes a JSON text. Outside strings, JSON has none of these characters except line breaks; inside a string,
     * the escape means the same character.
     */
    static String json(String json) {
        return replace(json, c -> c != '\n' && isUnsafe(c), Escape::inJson);
    }

    /** Controls, format characters (bidirectional ones among them), line separators, and halves of characters. */
    private static boolean isUnsafe(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static String inText(int c) {
        if (c < FIRST_BEYOND_LATIN1) {
            return String.format(Locale.ROOT, "\\x%02x", c);
        }
        return String.format(Locale.ROOT, c < FIRST_BEYOND_BMP ? "\\u%04x" : "\\U%08x", c);
    }

    private static String inJson(int c) {
        StringBuilder escaped = new StringBuilder();
        for (char unit : Character.toChars(c)) {
            escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
        }
        return escaped.toString();
    }

    private static String replace(String text, IntPredicate unsafe, IntFunction<String> notation) {
        if (text.codePoints().noneMatch(unsafe)) {
            return text;
        }
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (unsafe.test(c)) {
                escaped.append(notation.apply(c));
            } else {
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }
}
