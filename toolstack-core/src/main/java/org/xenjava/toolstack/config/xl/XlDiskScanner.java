// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.base.CharMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.xl.XlDiskParameter.Assignment;
import org.xenjava.toolstack.config.xl.XlDiskParameter.OldPrefix;
import org.xenjava.toolstack.config.xl.XlDiskParameter.Word;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Splits a disk specification into its parameters, as the scanner of libxlu does:
 *
 * <pre>{@code
 * specification = { blanks parameter "," }        the last comma is optional
 * parameter     = "target=" all the rest | key "=" value | old prefix ":" | word
 * }</pre>
 */
final class XlDiskScanner {
    private static final CharMatcher BLANK = CharMatcher.anyOf(" \t");
    private static final String TARGET = "target=";
    private static final Pattern OLD_PREFIX =
            Pattern.compile("(raw|qcow2?|vhd|iscsi|e?nbd|drbd|tapdisk|tap2?|aio|ioemu|file|phy):");

    /** Not {@code host:3260}: a letter or a digit behind the colon makes it a part of a target. */
    private static final Pattern UNKNOWN_PREFIX = Pattern.compile("([a-z][a-z0-9]*):(?![a-z0-9])");

    private final List<XlDiskParameter> parameters = new ArrayList<>();
    private String rest;

    private XlDiskScanner(String text) {
        rest = text;
    }

    /** @throws ConfigException if the text is no disk specification */
    static List<XlDiskParameter> scan(String text) {
        if (text.indexOf('\n') >= 0) {
            throw new ConfigException("a disk is written on one line");
        }
        XlDiskScanner scanner = new XlDiskScanner(BLANK.trimLeadingFrom(text));
        while (!scanner.rest.isEmpty()) {
            scanner.parameters.add(scanner.parameter());
            scanner.rest = BLANK.trimLeadingFrom(scanner.rest);
        }
        return scanner.parameters;
    }

    private XlDiskParameter parameter() {
        if (rest.startsWith(TARGET)) {
            return new Assignment("target", withoutComma(takeUpTo(rest.length()).substring(TARGET.length())));
        }
        Matcher prefix = OLD_PREFIX.matcher(rest);
        if (prefix.lookingAt()) {
            takeUpTo(prefix.end());
            return new OldPrefix(prefix.group(1));
        }
        Matcher unknown = UNKNOWN_PREFIX.matcher(rest);
        if (unknown.lookingAt()) {
            throw new ConfigException("'" + unknown.group(1) + ":' is no prefix of a disk");
        }
        int comma = rest.indexOf(',');
        String field = withoutComma(takeUpTo(comma < 0 ? rest.length() : comma + 1));
        int equals = field.indexOf('=');
        return equals < 0 ? new Word(field) : new Assignment(field.substring(0, equals), field.substring(equals + 1));
    }

    private String takeUpTo(int end) {
        String taken = rest.substring(0, end);
        rest = rest.substring(end);
        return taken;
    }

    private static String withoutComma(String text) {
        return text.endsWith(",") ? text.substring(0, text.length() - 1) : text;
    }
}
