// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.CpuidEdit;
import org.xenjava.toolstack.config.CpuidEdit.Register;
import org.xenjava.toolstack.config.xl.XlValue.Text;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Reads the two notations of {@code cpuid}: names of features behind {@code host} ("host,tm=0,sse3=1"), and the bits of
 * registers ("0x1:ecx=xx…,edx=xx…"). The names are libxl's and Xen's; the resource {@code cpuid-features.txt} has them.
 */
final class XlCpuid {
    private static final String HOST = "host";
    private static final Pattern LEAF =
            Pattern.compile("(0x[0-9a-fA-F]+|[0-9]+)(?:,(0x[0-9a-fA-F]+|[0-9]+))?:(.*)", Pattern.DOTALL);
    private static final Pattern REGISTER = Pattern.compile("e([abcd])x=([01xks]{32})");
    private static final int EXTENDED_FAMILY = 15;
    private static final Map<String, Field> FIELDS = fields();

    /** Bits of a register that have a name. */
    private record Field(int leaf, OptionalInt subleaf, Register register, int bit, int length) {}

    private record Place(int leaf, OptionalInt subleaf, Register register) {}

    private final Map<Place, char[]> edits = new LinkedHashMap<>();

    private XlCpuid() {}

    /** @throws ConfigException if the text is malformed or names an unknown feature */
    static List<CpuidEdit> ofNames(String text) {
        XlCpuid cpuid = new XlCpuid();
        String[] words = text.split(",");
        if (!words[0].strip().equals(HOST)) {
            throw new ConfigException("the first word is '" + HOST + "', not '" + words[0] + "'");
        }
        for (String word : List.of(words).subList(1, words.length)) {
            cpuid.name(word.strip());
        }
        return cpuid.list();
    }

    /** @throws ConfigException if a text is malformed */
    static List<CpuidEdit> ofRegisters(List<String> texts) {
        XlCpuid cpuid = new XlCpuid();
        texts.forEach(cpuid::registers);
        return cpuid.list();
    }

    /** The edits in the second notation, one text for each register. */
    static List<String> write(List<CpuidEdit> edits) {
        return edits.stream()
                .map(edit -> "0x" + Integer.toHexString(edit.leaf())
                        + (edit.subleaf().isPresent()
                                ? ",0x" + Integer.toHexString(edit.subleaf().getAsInt())
                                : "")
                        + ":" + edit.register().word() + "=" + edit.bits())
                .toList();
    }

    private List<CpuidEdit> list() {
        return edits.entrySet().stream()
                .map(edit -> new CpuidEdit(
                        edit.getKey().leaf(),
                        edit.getKey().subleaf(),
                        edit.getKey().register(),
                        new String(edit.getValue())))
                .toList();
    }

    private void registers(String text) {
        Matcher matcher = LEAF.matcher(text);
        if (!matcher.matches()) {
            throw new ConfigException("'" + text + "' is not of the form LEAF[,SUBLEAF]:REGISTER=BITS,…");
        }
        int leaf = number(matcher.group(1));
        OptionalInt subleaf = matcher.group(2) == null ? OptionalInt.empty() : OptionalInt.of(number(matcher.group(2)));
        for (String word : matcher.group(3).split(",")) {
            Matcher register = REGISTER.matcher(word.strip());
            if (!register.matches()) {
                throw new ConfigException(
                        "'" + word.strip() + "' is not eax, ebx, ecx or edx with 32 of 0, 1, x, k and s");
            }
            Register which = Register.values()[register.group(1).charAt(0) - 'a'];
            edits.put(new Place(leaf, subleaf, which), register.group(2).toCharArray());
        }
    }

    private static int number(String text) {
        return (int)
                new Text(text).number().orElseThrow(() -> new ConfigException("'" + text + "' is no number of a leaf"));
    }

    private void name(String word) {
        int equals = word.indexOf('=');
        if (equals < 0) {
            throw new ConfigException("'" + word + "' has no value: write " + word + "=1, =0, =x or =k");
        }
        String name = word.substring(0, equals);
        String value = word.substring(equals + 1);
        Field field = FIELDS.get(name);
        if (field == null) {
            throw new ConfigException(
                    "'" + name + "' is no feature of a processor" + suggestion(name, FIELDS.keySet()));
        }
        OptionalLong number = new Text(value).number();
        if (number.isPresent()) {
            set(name, field, number.getAsLong());
        } else if (value.matches("[xks]")) {
            fill(field, value.charAt(0));
            if (name.equals("family")) {
                bits(field, 20, value.repeat(8));
            } else if (name.equals("model")) {
                bits(field, 16, value.repeat(4));
            }
        } else {
            throw new ConfigException("'" + word + "': the value is a number, x, k or s");
        }
    }

    private static String suggestion(String name, Collection<String> names) {
        return KeySuggestions.closest(name, names)
                .map(meant -> "; did you mean '" + meant + "'?")
                .orElse("");
    }

    /** Family and model have an extension in other bits of the same register. */
    private void set(String name, Field field, long value) {
        long largest = name.equals("family") ? EXTENDED_FAMILY + 255 : (1L << field.length()) - 1;
        if (value < 0 || value > largest) {
            throw new ConfigException("'" + name + "' is 0 … " + largest + ", not " + value);
        }
        switch (name) {
            case "family" -> {
                bits(field, 8, binary(Math.min(value, EXTENDED_FAMILY), 4));
                bits(field, 20, binary(Math.max(0, value - EXTENDED_FAMILY), 8));
            }
            case "model" -> {
                bits(field, 4, binary(value & 0xf, 4));
                bits(field, 16, binary(value >>> 4, 4));
            }
            default -> bits(field, field.bit(), binary(value, field.length()));
        }
    }

    private void fill(Field field, char value) {
        boolean split = field.register() == Register.EAX && field.leaf() == 1 && field.length() == 8;
        bits(field, field.bit(), String.valueOf(value).repeat(split ? 4 : field.length()));
    }

    private static String binary(long value, int length) {
        StringBuilder text = new StringBuilder();
        for (int bit = length - 1; bit >= 0; bit--) {
            text.append(value >>> bit & 1);
        }
        return text.toString();
    }

    private void bits(Field field, int lowest, String values) {
        char[] bits = edits.computeIfAbsent(
                new Place(field.leaf(), field.subleaf(), field.register()),
                place -> "x".repeat(Integer.SIZE).toCharArray());
        values.getChars(0, values.length(), bits, Integer.SIZE - lowest - values.length());
    }

    /** A line of the resource: leaf, subleaf or -, register, lowest bit, number of bits, names. */
    private static Map<String, Field> fields() {
        Map<String, Field> fields = new LinkedHashMap<>();
        try (InputStream in = XlCpuid.class.getResourceAsStream("cpuid-features.txt")) {
            if (in == null) {
                throw new IllegalStateException("missing resource cpuid-features.txt");
            }
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" "))
                    .forEach(words -> {
                        Field field = new Field(
                                Integer.parseUnsignedInt(words[0], 16),
                                words[1].equals("-") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(words[1])),
                                Register.valueOf(words[2].toUpperCase(Locale.ROOT)),
                                Integer.parseInt(words[3]),
                                Integer.parseInt(words[4]));
                        List.of(words).subList(5, words.length).forEach(name -> fields.put(name, field));
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Collections.unmodifiableMap(fields);
    }
}
