// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import org.apache.commons.lang3.StringUtils;

/**
 * A word of an xl.cfg file.
 *
 * @param kind what it is
 * @param text a key's name, an atom's text without quotes, a symbol as it is written, or the complaint of {@code BAD}
 * @param line where it begins, from 1
 */
record XlToken(Kind kind, String text, int line) {
    enum Kind {
        KEY,
        /** A string or a number. */
        ATOM,
        ASSIGN,
        APPEND,
        COMMA,
        OPEN,
        CLOSE,
        SEMICOLON,
        NEWLINE,
        END,
        /** Something that is no word of the language. The parser reports it when it arrives there. */
        BAD
    }

    private static final int SHOWN = 40;

    /** The word as a message quotes it. */
    String shown() {
        return switch (kind) {
            case NEWLINE -> "the end of the line";
            case END -> "the end of the file";
            case ATOM -> '"' + StringUtils.abbreviate(text, SHOWN) + '"';
            default -> "'" + StringUtils.abbreviate(text, SHOWN) + "'";
        };
    }
}
