// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The parameters that can be changed while Xen runs: some of those of Xen 4.17, with their kinds and checks. */
public final class HypervisorParameters {
    private static final String LEVEL = "none|error|warning|info|all";
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    private final SortedMap<String, Parameter> byName = new TreeMap<>(Map.of(
            "conswitch", new Parameter(Kind.STRING, 5, ".*", "a"),
            "console_timestamps", new Parameter(Kind.CUSTOM, 7, "no|date|datems|boot|raw|none|yes|on|off", "none"),
            "gnttab_max_frames", new Parameter(Kind.CUSTOM, 12, NUMBER.pattern(), "64"),
            "global-pages", new Parameter(Kind.BOOLEAN, 1, "", "\1"),
            "guest_loglvl", new Parameter(Kind.CUSTOM, 16, "(" + LEVEL + ")(/(" + LEVEL + "))?", "none/warning"),
            "loglvl", new Parameter(Kind.CUSTOM, 16, "(" + LEVEL + ")(/(" + LEVEL + "))?", "warning")));

    /** Kinds of parameters; Xen checks the text of a custom one. */
    public enum Kind {
        STRING,
        CUSTOM,
        BOOLEAN
    }

    /** One parameter and its value. */
    public static final class Parameter {
        private final Kind kind;
        private final int mostBytes;
        private final Pattern valid;
        private byte[] content;

        private Parameter(Kind kind, int mostBytes, String valid, String value) {
            this.kind = kind;
            this.mostBytes = mostBytes;
            this.valid = Pattern.compile(valid);
            content = (kind == Kind.BOOLEAN ? value : value + "\0").getBytes(StandardCharsets.US_ASCII);
        }

        public Kind kind() {
            return kind;
        }

        /** The largest content. */
        public int mostBytes() {
            return mostBytes;
        }

        public byte[] content() {
            return content.clone();
        }

        /** Changes the value as Xen does. */
        public void write(byte[] bytes) {
            if (kind == Kind.BOOLEAN && bytes.length != mostBytes) {
                throw new XenRefusal(Errno.EDOM);
            }
            if (bytes.length > mostBytes) {
                throw new XenRefusal(Errno.ENOSPC);
            }
            String text = new String(bytes, StandardCharsets.US_ASCII);
            if (kind != Kind.BOOLEAN && (text.isEmpty() || text.indexOf(0) != text.length() - 1)) {
                throw new XenRefusal(Errno.EINVAL);
            }
            if (kind == Kind.CUSTOM
                    && !valid.matcher(text.substring(0, text.length() - 1)).matches()) {
                throw new XenRefusal(Errno.EINVAL);
            }
            content = Arrays.copyOf(bytes, bytes.length);
        }
    }

    /** All parameters by name. */
    public SortedMap<String, Parameter> all() {
        return Collections.unmodifiableSortedMap(byName);
    }

    /** The text of a parameter, or 1 or 0 of a boolean; empty if there is no such parameter. */
    public Optional<String> value(String name) {
        return Optional.ofNullable(byName.get(name))
                .map(parameter -> parameter.kind == Kind.BOOLEAN
                        ? Byte.toString(parameter.content[0])
                        : new String(parameter.content, 0, parameter.content.length - 1, StandardCharsets.US_ASCII));
    }
}
