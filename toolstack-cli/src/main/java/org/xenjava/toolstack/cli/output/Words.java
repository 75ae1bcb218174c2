// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The notation of constants, numbers and domains, in text and in JSON. */
public final class Words {
    private Words() {}

    /** A constant in the notation of arguments, tables and JSON: {@code not-vulnerable}. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Reads a constant of that type from an argument. */
    public abstract static class Converter<E extends Enum<E>> implements ITypeConverter<E> {
        private final Class<E> type;

        protected Converter(Class<E> type) {
            this.type = type;
        }

        @Override
        public final E convert(String word) {
            return Arrays.stream(type.getEnumConstants())
                    .filter(constant -> of(constant).equals(word))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + word + "' is not one of "
                            + Arrays.stream(type.getEnumConstants())
                                    .map(Words::of)
                                    .collect(Collectors.joining(", "))));
        }
    }

    public static String pages(long count) {
        return count + (count == 1 ? " page" : " pages");
    }

    /** A size in MiB if that is a whole number, otherwise in KiB. */
    public static String size(KiB size) {
        return size.isMultipleOfMiB() ? size.toMiB() + " MiB" : size.toString();
    }

    /** The name if the domain has one, and the domid. */
    public static String domain(int domid, String name) {
        return name.isEmpty() ? "domain " + domid : name + " (" + domid + ")";
    }
}
