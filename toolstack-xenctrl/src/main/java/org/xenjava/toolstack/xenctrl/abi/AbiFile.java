// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Field;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Type;

/** Reads a file of descriptions; the head of {@code common.abi} explains the notation. */
final class AbiFile {
    private static final Pattern STRUCT = Pattern.compile("struct (\\w+) (\\d+)");
    private static final Pattern FIELD = Pattern.compile("(\\d+) (\\w+?)(?:\\[(\\d+)])? ([\\w.]+)");
    private static final Pattern CONSTANT = Pattern.compile("constant (\\w+) (\\w+)");

    private static final Pattern FROM = Pattern.compile("from (\\d+)\\.(\\d+)");

    private final String source;
    private final List<StructLayout> structs = new ArrayList<>();
    private final Map<String, Long> constants = new LinkedHashMap<>();
    private @Nullable XenRelease base;
    private @Nullable String tag;
    private int size;
    private Map<String, Field> fields = new LinkedHashMap<>();

    AbiFile(String source, String text) {
        this.source = source;
        text.lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty() && !l.startsWith("#"))
                .forEach(this::line);
        finishStruct();
    }

    /** The release that the file is based on. */
    Optional<XenRelease> base() {
        return Optional.ofNullable(base);
    }

    List<StructLayout> structs() {
        return structs;
    }

    Map<String, Long> constants() {
        return constants;
    }

    private void line(String line) {
        try {
            read(line);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(source + ": cannot read '" + line + "': " + e.getMessage(), e);
        }
    }

    private void read(String line) {
        Matcher m = STRUCT.matcher(line);
        if (m.matches()) {
            finishStruct();
            String name = m.group(1);
            require(structs.stream().noneMatch(s -> s.name().equals(name)), "a second one of that name");
            tag = name;
            size = Integer.parseInt(m.group(2));
            return;
        }
        m = CONSTANT.matcher(line);
        if (m.matches()) {
            require(constants.put(m.group(1), Long.decode(m.group(2))) == null, "a second one of that name");
            return;
        }
        m = FROM.matcher(line);
        if (m.matches()) {
            require(
                    base == null && tag == null && structs.isEmpty() && constants.isEmpty(),
                    "it is not the first line");
            base = new XenRelease(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)));
            return;
        }
        m = FIELD.matcher(line);
        require(m.matches(), "neither struct nor constant nor field nor from");
        require(tag != null, "a field outside a struct");
        Type type = Type.valueOf(m.group(2).toUpperCase(Locale.ROOT));
        int count = m.group(3) == null ? 1 : Integer.parseInt(m.group(3));
        Field field = new Field(m.group(4), Integer.parseInt(m.group(1)), type, count);
        require(field.offset() + (long) type.width() * count <= size, "it ends behind its struct");
        require(fields.put(field.name(), field) == null, "a second one of that name");
    }

    private static void require(boolean condition, String complaint) {
        if (!condition) {
            throw new IllegalArgumentException(complaint);
        }
    }

    private void finishStruct() {
        if (tag != null) {
            structs.add(new StructLayout(tag, size, fields));
            fields = new LinkedHashMap<>();
            tag = null;
        }
    }
}
