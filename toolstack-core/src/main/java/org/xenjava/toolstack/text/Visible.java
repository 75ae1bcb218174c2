// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.text;

import org.apache.commons.lang3.StringUtils;

/** Escapes control characters and other invisible characters in text. */
public final class Visible {
    private static final int DIGITS = 4;

    private Visible() {}

    /**
     * {@return the text with each invisible character as a backslash, {@code u} and four or more hexadecimal digits}
     *
     * @param text any text
     */
    public static String text(String text) {
        if (isText(text)) {
            return text;
        }
        StringBuilder visible = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (isVisible(character)) {
                visible.appendCodePoint(character);
            } else {
                // A file may hold a megabyte of them, for which String.format takes seconds.
                visible.append("\\u").append(StringUtils.leftPad(Integer.toHexString(character), DIGITS, '0'));
            }
        });
        return visible.toString();
    }

    /**
     * {@return whether all characters are visible}
     *
     * @param text any text
     */
    public static boolean isText(String text) {
        return text.codePoints().allMatch(Visible::isVisible);
    }

    /**
     * The character is no control character, no format character such as a change of direction, and no lone
     * surrogate.
     */
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
