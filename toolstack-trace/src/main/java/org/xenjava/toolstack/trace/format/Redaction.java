// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces secrets by a placeholder before they reach a trace. A secret is the value of a xenstore node, or of a
 * setting in a text, whose name contains {@code passw}: {@code vncpasswd} in a stored configuration or on a command
 * line, {@code "password"} in JSON.
 */
public enum Redaction {
    /** Secrets are replaced. */
    SECRETS {
        @Override
        public String text(String text) {
            return SETTING.matcher(text).replaceAll(found -> {
                char first = found.group(2).charAt(0);
                String quote = first == '"' || first == '\'' ? Character.toString(first) : "";
                return Matcher.quoteReplacement(found.group(1) + quote + PLACEHOLDER + quote);
            });
        }

        @Override
        public byte[] value(String path, byte[] value) {
            if (value.length == 0) {
                return value;
            }
            if (NAME.matcher(path).find()) {
                return PLACEHOLDER.getBytes(StandardCharsets.UTF_8);
            }
            // One byte is one character in ISO 8859-1, so that all other bytes stay as they are.
            return text(new String(value, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
        }
    },
    /** Everything stays. */
    NONE {
        @Override
        public String text(String text) {
            return text;
        }

        @Override
        public byte[] value(String path, byte[] value) {
            return value;
        }
    };

    /** The text that stands for a secret. */
    public static final String PLACEHOLDER = "[redacted]";

    /** A path whose last name contains {@code passw}. */
    private static final Pattern NAME = Pattern.compile("passw[^/]*$", Pattern.CASE_INSENSITIVE);

    /** The name of a setting with its separator, a quote if there is one, and the secret. */
    private static final Pattern SETTING = Pattern.compile(
            "([\\w.-]*passw[\\w.-]*[\"']?\\s*[=:]\\s*)"
                    + "(\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|[^\\s,;\"'\\]}]+)",
            Pattern.CASE_INSENSITIVE);

    /** The text without the secrets in its settings. */
    public abstract String text(String text);

    /** The value of a xenstore node without secrets. */
    public abstract byte[] value(String path, byte[] value);
}
