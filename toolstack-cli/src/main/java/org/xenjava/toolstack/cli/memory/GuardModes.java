// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.xenjava.toolstack.pod.GuardMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A guard's mode as an argument: {@code nudge-first}, {@code cover-at-once} or {@code observe}. */
public final class GuardModes implements ITypeConverter<GuardMode> {
    @Override
    public GuardMode convert(String text) {
        return Arrays.stream(GuardMode.values())
                .filter(mode -> word(mode).equals(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + text + "' is none of "
                        + Arrays.stream(GuardMode.values())
                                .map(GuardModes::word)
                                .collect(Collectors.joining(", "))));
    }

    /** A constant as xlj writes it. */
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
