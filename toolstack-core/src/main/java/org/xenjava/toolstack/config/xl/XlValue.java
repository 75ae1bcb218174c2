// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** A value of xl.cfg: text or a list. A number is text, quoted or not, until it is read as a number, as in xl. */
sealed interface XlValue {

    /** A string without quotes and with escapes replaced, or a number as written. */
    record Text(String text) implements XlValue {
        /** The numbers that xl reads: those of strtol(3) with base 0. */
        private static final Pattern NUMBER =
                Pattern.compile("[ \\t\\n\\x0B\\f\\r]*([+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*))");

        /** The text as a 64-bit number: decimal, octal after {@code 0}, hexadecimal after {@code 0x}. */
        OptionalLong number() {
            var matcher = NUMBER.matcher(text);
            if (!matcher.matches()) {
                return OptionalLong.empty();
            }
            try {
                return OptionalLong.of(Long.decode(matcher.group(1)));
            } catch (NumberFormatException tooLong) {
                return OptionalLong.empty();
            }
        }
    }

    /** A list, empty or nested. */
    record Items(List<XlValue> items) implements XlValue {
        public Items {
            items = List.copyOf(items);
        }
    }
}
