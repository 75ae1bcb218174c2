// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.tests.abi;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** Facts that a C compiler printed about one release's public headers. */
final class AbiFacts {
    private final Properties facts = new Properties();
    private final Map<String, String> macrosBySimplifiedName;

    private AbiFacts(InputStream in) throws IOException {
        facts.load(in);
        macrosBySimplifiedName = facts.stringPropertyNames().stream()
                .filter(key -> key.startsWith("constant."))
                .collect(Collectors.toMap(AbiFacts::simplified, Function.identity()));
    }

    static AbiFacts of(XenRelease release) throws IOException {
        String name = "facts-" + release + ".properties";
        try (InputStream in = AbiFacts.class.getResourceAsStream(name)) {
            return new AbiFacts(Objects.requireNonNull(in, name));
        }
    }

    /** Size of a struct in bytes. */
    Optional<Integer> structSize(String tag) {
        return Optional.ofNullable(facts.getProperty("struct." + tag)).map(Integer::parseInt);
    }

    /** Offset, size and kind of a field, as the file has them: {@code "8 4 u32"}. */
    Optional<String> field(String tag, String field) {
        return Optional.ofNullable(facts.getProperty("field." + tag + "." + field));
    }

    /** Value of a macro, whose letters' case and underscores need not be as in C. */
    Optional<Long> macro(String name) {
        return Optional.ofNullable(macrosBySimplifiedName.get(simplified("constant." + name)))
                .map(key -> Long.parseUnsignedLong(facts.getProperty(key).replace("0x", ""), 16));
    }

    /** Type code of an HVM save record. */
    Optional<Long> saveCode(String name) {
        return Optional.ofNullable(facts.getProperty("savecode." + name)).map(Long::parseLong);
    }

    private static String simplified(String name) {
        return name.toLowerCase(Locale.ROOT).replace("_", "");
    }
}
