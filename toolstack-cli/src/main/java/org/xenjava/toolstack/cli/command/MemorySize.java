// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A size as xl takes it ({@code parse_mem_size_kb}): decimal digits and at most one letter of {@code t g m k b}, in
 * either case. A number without a letter is in MiB, although xl(1) says KiB; bytes are rounded down to KiB. Unlike in
 * xl, an empty text and a negative number are refused.
 */
public final class MemorySize implements ITypeConverter<KiB> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})([tgmkb]?)", Pattern.CASE_INSENSITIVE);
    private static final int BYTE_SHIFT = 10;
    private static final Map<String, Integer> KIB_SHIFT = Map.of("t", 30, "g", 20, "m", 10, "", 10, "k", 0);

    @Override
    public KiB convert(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw invalid(text);
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2).toLowerCase(Locale.ROOT);
        if (unit.equals("b")) {
            return KiB.of(number >> BYTE_SHIFT);
        }
        try {
            return KiB.of(Math.multiplyExact(number, 1L << Objects.requireNonNull(KIB_SHIFT.get(unit))));
        } catch (ArithmeticException e) {
            throw invalid(text);
        }
    }

    private static TypeConversionException invalid(String text) {
        return new TypeConversionException("invalid memory size: '" + text
                + "' (write a number and one of t, g, m, k, b; without a letter it is MiB)");
    }
}
