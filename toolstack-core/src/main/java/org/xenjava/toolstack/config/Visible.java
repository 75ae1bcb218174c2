// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/** Makes text visible: characters that a terminal obeys or that change how text around them looks are escaped. */
public final class Visible {
    private Visible() {}

    /** The text, with each such character as a backslash, {@code u} and four or more hexadecimal digits. */
    public static String text(String text) {
        if (isText(text)) {
            return text;
        }
        StringBuilder visible = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (isVisible(character)) {
                visible.appendCodePoint(character);
            } else {
                visible.append(String.format(Locale.ROOT, "\\u%04x", character));
            }
        });
        return visible.toString();
    }

    /** All characters are visible. */
    public static boolean isText(String text) {
        return text.codePoints().allMatch(Visible::isVisible);
    }

    /** Not a control character, nor one that changes the direction of text, nor half of a character. */
    private static boolean isVisible(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> false;
            default -> true;
        };
    }
}
