// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory as text: two hex digits a byte, {@code (12)} for 12 zero bytes, {@code <buf#3+0>} for an eight-byte pointer
 * into a hypercall buffer. The same memory always gives the same text.
 */
public final class HexText {
    public static final int POINTER_BYTES = 8;

    private static final int SHORTEST_ZERO_RUN = 4;
    private static final Pattern TOKEN = Pattern.compile("([0-9a-f]{2})|\\(([0-9]{1,9})\\)|<(buf#[0-9]+\\+[0-9]+)>");
    private static final HexFormat HEX = HexFormat.of();

    private final byte[] bytes;
    private final SortedMap<Integer, String> pointers;

    /** Creates the text of memory with pointers by offset; the bytes of a pointer are ignored. */
    public HexText(byte[] bytes, SortedMap<Integer, String> pointers) {
        this.bytes = bytes;
        this.pointers = pointers;
    }

    public static HexText of(byte[] bytes) {
        return new HexText(bytes, Collections.emptySortedMap());
    }

    /** Parses the text of a range. */
    public static HexText parse(String text) {
        int size = 0;
        int end = 0;
        Matcher token = TOKEN.matcher(text);
        while (token.lookingAt()) {
            size = Math.addExact(size, length(token));
            end = token.end();
            token.region(end, text.length());
        }
        if (end != text.length()) {
            throw new IllegalArgumentException("not hex text at character " + end);
        }
        byte[] bytes = new byte[size];
        SortedMap<Integer, String> pointers = new TreeMap<>();
        int at = 0;
        for (token.reset(); token.find(); at += length(token)) {
            if (token.group(1) != null) {
                bytes[at] = (byte) HexFormat.fromHexDigits(token.group(1));
            } else if (token.group(3) != null) {
                pointers.put(at, token.group(3));
            }
        }
        return new HexText(bytes, pointers);
    }

    private static int length(Matcher token) {
        if (token.group(1) != null) {
            return 1;
        }
        return token.group(2) != null ? Integer.parseInt(token.group(2)) : POINTER_BYTES;
    }

    public byte[] bytes() {
        return bytes;
    }

    public SortedMap<Integer, String> pointers() {
        return pointers;
    }

    /** The eight bytes at {@code at} in plain hex, or the pointer there; bytes after the end are zero. */
    public String word(int at) {
        byte[] word = new byte[POINTER_BYTES];
        if (at < bytes.length) {
            System.arraycopy(bytes, at, word, 0, Math.min(POINTER_BYTES, bytes.length - at));
        }
        return pointers.getOrDefault(at, HEX.formatHex(word));
    }

    /** The text of the memory without the zeros at its end. */
    public String withoutTrailingZeros() {
        int end = bytes.length;
        int afterPointers = pointers.isEmpty() ? 0 : pointers.lastKey() + POINTER_BYTES;
        while (end > afterPointers && bytes[end - 1] == 0) {
            end--;
        }
        return range(0, end);
    }

    /** The text of the bytes from {@code from} to {@code to}, exclusive; the range cuts no pointer. */
    public String range(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int at = from; at < to; ) {
            String pointer = pointers.get(at);
            int zeros = pointer == null ? zerosFrom(at, to) : 0;
            if (pointer != null) {
                text.append('<').append(pointer).append('>');
                at += POINTER_BYTES;
            } else if (zeros >= SHORTEST_ZERO_RUN) {
                text.append('(').append(zeros).append(')');
                at += zeros;
            } else {
                HEX.toHexDigits(text, bytes[at]);
                at++;
            }
        }
        return text.toString();
    }

    private int zerosFrom(int from, int to) {
        int at = from;
        while (at < to && bytes[at] == 0 && !pointers.containsKey(at)) {
            at++;
        }
        return at - from;
    }
}
