// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import org.apache.commons.lang3.StringUtils;

/**
 * A token of an xl.cfg file.
 *
 * @param kind kind of token
 * @param text a key's name, an atom's text without quotes, a symbol as written, or the message of {@code BAD}
 * @param line line where the token begins, from 1
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
        /** Invalid text. The parser reports it. */
        BAD
    }

    private static final int SHOWN = 40;

    /** The token as messages quote it. */
    String shown() {
        return switch (kind) {
            case NEWLINE -> "the end of the line";
            case END -> "the end of the file";
            case ATOM -> '"' + StringUtils.abbreviate(text, SHOWN) + '"';
            default -> "'" + StringUtils.abbreviate(text, SHOWN) + "'";
        };
    }
}
