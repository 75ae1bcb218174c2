// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.base.CharMatcher;
import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.config.xl.XlToken.Kind;

/**
 * Splits xl.cfg text into tokens by the rules of xl's scanner (libxlu), with two deliberate differences: CR LF ends a
 * line as LF does, and the last line of a file may be a comment without a newline. Both are errors in xl.
 */
final class XlLexer {
    private static final CharMatcher BLANK = CharMatcher.anyOf(" \t");
    private static final CharMatcher KEY_START = CharMatcher.inRange('a', 'z');
    private static final CharMatcher KEY =
            KEY_START.or(CharMatcher.inRange('0', '9')).or(CharMatcher.anyOf("._"));
    private static final CharMatcher NUMBER_START = CharMatcher.inRange('0', '9');

    /** Characters of a number, and of some invalid numbers. The number is validated when it is used. */
    private static final CharMatcher NUMBER =
            NUMBER_START.or(CharMatcher.inRange('a', 'f')).or(CharMatcher.is('x'));

    private static final CharMatcher LETTER = CharMatcher.inRange('a', 'z').or(CharMatcher.inRange('A', 'Z'));
    private static final CharMatcher WORD = LETTER.or(NUMBER_START);

    /** Characters of Python, in which the files of xm were written. */
    private static final String PYTHON = "+-.():";

    /** Characters that may follow a backslash; {@link #ESCAPED} has what each stands for. */
    private static final String ESCAPES = "\"'\\abfnrtv";

    private static final String ESCAPED = "\"'\\\u0007\b\f\n\r\t\u000B";

    private final String source;
    private final List<XlToken> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    private XlLexer(String source) {
        this.source = source;
    }

    /** All tokens of a text, the last of them {@code END}. Invalid text becomes {@code BAD}. */
    static List<XlToken> tokens(String source) {
        XlLexer lexer = new XlLexer(source);
        while (lexer.at < source.length()) {
            lexer.next();
        }
        lexer.add(Kind.END, "");
        return lexer.tokens;
    }

    /** A character as it is written in a string with double quotes. */
    static String escaped(char c) {
        int escape = c == '\'' ? -1 : ESCAPED.indexOf(c);
        return escape < 0 ? String.valueOf(c) : "\\" + ESCAPES.charAt(escape);
    }

    private void next() {
        char c = source.charAt(at);
        if (BLANK.matches(c)) {
            at++;
        } else if (KEY_START.matches(c)) {
            add(Kind.KEY, run(KEY));
        } else if (NUMBER_START.matches(c)) {
            number();
        } else if (c == '"' || c == '\'') {
            string(c);
        } else if (c == '#') {
            at = endOfLine();
        } else if (c == '\n' || source.startsWith("\r\n", at)) {
            add(Kind.NEWLINE, "");
            at += c == '\n' ? 1 : 2;
            line++;
        } else {
            symbol(c);
        }
    }

    private void number() {
        String digits = run(NUMBER);
        if (at < source.length() && LETTER.matches(source.charAt(at))) {
            String word = digits + run(WORD);
            bad("'" + word + "' is no number: "
                    + (word.startsWith("0x")
                            ? "write its letters in lower case"
                            : "a number has no unit, and amounts of memory are in MiB"));
            at = endOfLine();
        } else {
            add(Kind.ATOM, digits);
        }
    }

    private void symbol(char c) {
        switch (c) {
            case '=' -> symbol(Kind.ASSIGN, "=");
            case ',' -> symbol(Kind.COMMA, ",");
            case '[' -> symbol(Kind.OPEN, "[");
            case ']' -> symbol(Kind.CLOSE, "]");
            case ';' -> symbol(Kind.SEMICOLON, ";");
            default -> {
                if (source.startsWith("+=", at)) {
                    symbol(Kind.APPEND, "+=");
                } else {
                    bad(complaintAbout(source.codePointAt(at)));
                    at = endOfLine();
                }
            }
        }
    }

    private void symbol(Kind kind, String text) {
        add(kind, text);
        at += text.length();
    }

    private void string(char quote) {
        StringBuilder text = new StringBuilder();
        int end = endOfLine();
        for (at++; at < end && source.charAt(at) != quote; at++) {
            char c = source.charAt(at);
            if (c == '\\') {
                at++;
                int escape = at < end ? ESCAPES.indexOf(source.charAt(at)) : -1;
                if (escape < 0) {
                    bad(complaintAboutEscape(at < end ? source.substring(at, source.offsetByCodePoints(at, 1)) : ""));
                    at = end;
                    return;
                }
                c = ESCAPED.charAt(escape);
            } else if (c == '\0') {
                bad("a string holds a NUL character");
                at = end;
                return;
            }
            text.append(c);
        }
        if (at == end) {
            bad("the string is not closed on its line");
            return;
        }
        at++;
        add(Kind.ATOM, text.toString());
    }

    private static String complaintAbout(int codePoint) {
        String what =
                "unexpected character '" + Character.toString(codePoint) + "' " + String.format("(U+%04X)", codePoint);
        if (Character.isUpperCase(codePoint)) {
            return what + ": keys are lower case, other words are quoted";
        }
        if (codePoint == '\\') {
            return what + ": only a list goes on over the end of a line";
        }
        return PYTHON.indexOf(codePoint) >= 0 ? what + ": text is quoted, and this is not Python" : what;
    }

    private static String complaintAboutEscape(String escape) {
        if (escape.isEmpty()) {
            return "a string does not go on over the end of its line";
        }
        // xl checks the digits of \x41 and \101 and then drops the character.
        return escape.equals("x") || NUMBER_START.matchesAllOf(escape)
                ? "\\" + escape + ": numeric escapes are refused, because xl loses their character"
                : "\\" + escape + " is not an escape; a backslash is written \\\\";
    }

    private String run(CharMatcher matcher) {
        int start = at;
        while (at < source.length() && matcher.matches(source.charAt(at))) {
            at++;
        }
        return source.substring(start, at);
    }

    /** The position of the LF or CR LF that ends this line, or the end of the text. */
    private int endOfLine() {
        int end = source.indexOf('\n', at);
        if (end < 0) {
            return source.length();
        }
        return end > at && source.charAt(end - 1) == '\r' ? end - 1 : end;
    }

    private void bad(String complaint) {
        add(Kind.BAD, complaint);
    }

    private void add(Kind kind, String text) {
        tokens.add(new XlToken(kind, text, line));
    }
}
