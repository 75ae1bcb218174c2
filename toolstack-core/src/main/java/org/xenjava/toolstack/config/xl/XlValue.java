// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** A value of xl.cfg: text or a list. A number is text until somebody asks for a number, quoted or not, as in xl. */
sealed interface XlValue {

    /** A string without its quotes and with its escapes replaced, or a number as it was written. */
    record Text(String text) implements XlValue {
        /** What strtol(3) takes to its end in base 0, which is how xl reads numbers. */
        private static final Pattern NUMBER =
                Pattern.compile("[ \\t\\n\\x0B\\f\\r]*([+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*))");

        /** The text as a number: decimal, octal after {@code 0}, hexadecimal after {@code 0x}; of 64 bits. */
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

    /** A list; it may be empty and it may hold lists. */
    record Items(List<XlValue> items) implements XlValue {
        public Items {
            items = List.copyOf(items);
        }
    }
}
