// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.math.LongMath;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.NicConfig.Rate;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Reads and writes the rate of a network card, such as {@code 10Mb/s@20ms}: a 32-bit number, a decimal unit, bytes or
 * bits, and the interval between refills of the credit, by default 50 ms (libxlu_vif.c).
 */
final class XlRate {
    private static final Pattern FORM = Pattern.compile("([0-9]+)(|[KMG])([Bb])/s(?:@([0-9]+)(|s|ms|m|us|u))?");
    private static final String LETTERS = "KMG";
    private static final int THOUSAND = 1000;
    private static final long MICROS_PER_MILLI = THOUSAND;
    private static final long MICROS_PER_SECOND = THOUSAND * THOUSAND;
    private static final long BITS_PER_BYTE = 8;
    private static final long UINT32_MAX = 0xffff_ffffL;

    private XlRate() {}

    /** @throws ConfigException if the text is no rate */
    static Rate parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new ConfigException("'" + text + "' is no rate, such as 10Mb/s or 1MB/s@20ms");
        }
        int unit = matcher.group(2).isEmpty() ? 0 : 1 + LETTERS.indexOf(matcher.group(2));
        long amount = number(matcher.group(1)) * LongMath.pow(THOUSAND, unit);
        long bytesPerSecond = matcher.group(3).equals("b") ? amount / BITS_PER_BYTE : amount;
        return new Rate(
                bytesPerSecond,
                matcher.group(4) == null
                        ? Rate.DEFAULT_INTERVAL_MICROS
                        : number(matcher.group(4)) * micros(matcher.group(5)));
    }

    /** A text that this class and xl read as this rate. */
    static String write(Rate rate) {
        return amount(rate.bytesPerSecond()).orElseThrow() + "@" + rate.intervalMicros() + "us";
    }

    /** Bytes a second in the smallest unit that needs 32 bits; empty if no unit fits exactly. */
    static Optional<String> amount(long bytesPerSecond) {
        return IntStream.rangeClosed(0, LETTERS.length())
                .filter(unit -> bytesPerSecond % LongMath.pow(THOUSAND, unit) == 0
                        && bytesPerSecond / LongMath.pow(THOUSAND, unit) <= UINT32_MAX)
                .mapToObj(unit -> bytesPerSecond / LongMath.pow(THOUSAND, unit)
                        + (unit == 0 ? "" : LETTERS.substring(unit - 1, unit))
                        + "B/s")
                .findFirst();
    }

    private static long micros(String unit) {
        return switch (unit) {
            case "us", "u" -> 1;
            case "ms", "m" -> MICROS_PER_MILLI;
            default -> MICROS_PER_SECOND;
        };
    }

    /** A number as xl reads it, octal after a 0. */
    private static long number(String text) {
        long number = new XlValue.Text(text).number().orElse(0);
        if (number < 1 || number > UINT32_MAX) {
            throw new ConfigException("a rate's numbers are 1 … " + UINT32_MAX + ", not '" + text + "'");
        }
        return number;
    }
}
