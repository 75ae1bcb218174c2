// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import java.nio.ByteBuffer;
import java.util.StringJoiner;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Field;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Type;

/** One struct in memory, whose fields are read and written by name. Not safe for concurrent use. */
public final class StructView {
    private final StructLayout layout;
    private final ByteBuffer bytes;

    StructView(StructLayout layout, ByteBuffer bytes) {
        this.layout = layout;
        this.bytes = bytes;
    }

    public StructLayout layout() {
        return layout;
    }

    /**
     * The field's value, zero-extended if it is unsigned and sign-extended if it is signed. A u64 of 2^63 or more is
     * negative.
     *
     * @throws IllegalArgumentException if the field is an array
     */
    public long get(String field) {
        return element(scalar(field), 0);
    }

    /**
     * The field's value as an int. A u32 of 2^31 or more is negative.
     *
     * @throws IllegalArgumentException if the field has 64 bits, or is an array
     */
    public int getInt(String field) {
        Field f = scalar(field);
        if (f.type().width() > Integer.BYTES) {
            throw new IllegalArgumentException(layout.name() + "." + field + " is wider than an int");
        }
        return (int) element(f, 0);
    }

    /** Element {@code index} of an array field. */
    public long get(String field, int index) {
        Field f = layout.field(field);
        if (index < 0 || index >= f.count()) {
            throw new IndexOutOfBoundsException(layout.name() + "." + field + "[" + index + "]");
        }
        return element(f, index);
    }

    /** The whole content of a byte array field. */
    public byte[] getBytes(String field) {
        Field f = layout.field(field);
        byte[] content = new byte[f.bytes()];
        bytes.get(f.offset(), content);
        return content;
    }

    /**
     * Writes a field.
     *
     * @throws IllegalArgumentException if the value does not fit the field, or the field is an array
     */
    public StructView set(String field, long value) {
        Field f = scalar(field);
        requireFits(f, value);
        int at = f.offset();
        switch (f.type().width()) {
            case 1 -> bytes.put(at, (byte) value);
            case 2 -> bytes.putShort(at, (short) value);
            case 4 -> bytes.putInt(at, (int) value);
            default -> bytes.putLong(at, value);
        }
        return this;
    }

    /** The value of a field that not every release has; 0 without the field. */
    public long getIfPresent(String field) {
        return layout.fields().containsKey(field) ? get(field) : 0;
    }

    /** Zeroes the struct, padding included. */
    public StructView clear() {
        bytes.put(0, new byte[layout.size()]);
        return this;
    }

    /** Writes element {@code index} of an array of numbers of 64 bits. */
    public StructView set(String field, int index, long value) {
        Field f = layout.field(field);
        if (index < 0 || index >= f.count() || f.type() != Type.U64S) {
            throw new IndexOutOfBoundsException(layout.name() + "." + field + "[" + index + "]");
        }
        bytes.putLong(f.offset() + index * Long.BYTES, value);
        return this;
    }

    /** Writes a field that not every release has; does nothing without the field. */
    public StructView setIfPresent(String field, long value) {
        return layout.fields().containsKey(field) ? set(field, value) : this;
    }

    /** Writes a whole byte array field. */
    public StructView setBytes(String field, byte[] content) {
        Field f = layout.field(field);
        if (content.length != f.bytes()) {
            throw new IllegalArgumentException(
                    layout.name() + "." + field + " takes " + f.bytes() + " bytes, not " + content.length);
        }
        bytes.put(f.offset(), content);
        return this;
    }

    /** A copy of the struct's bytes. */
    public byte[] toBytes() {
        byte[] content = new byte[layout.size()];
        bytes.get(0, content);
        return content;
    }

    private Field scalar(String field) {
        Field f = layout.field(field);
        if (f.count() != 1) {
            throw new IllegalArgumentException(layout.name() + "." + field + " is an array");
        }
        return f;
    }

    private long element(Field f, int index) {
        int at = f.offset() + index * f.type().width();
        return switch (f.type()) {
            case U8, BYTES -> bytes.get(at) & 0xffL;
            case U16 -> bytes.getShort(at) & 0xffffL;
            case S16 -> bytes.getShort(at);
            case U32 -> bytes.getInt(at) & 0xffff_ffffL;
            case S32 -> bytes.getInt(at);
            case U64, S64, PTR64, U64S -> bytes.getLong(at);
        };
    }

    private void requireFits(Field f, long value) {
        int bits = f.type().width() * 8;
        if (bits == 64) {
            return;
        }
        boolean signed = f.type() == Type.S16 || f.type() == Type.S32;
        long min = signed ? -(1L << (bits - 1)) : 0;
        long max = signed ? (1L << (bits - 1)) - 1 : (1L << bits) - 1;
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    layout.name() + "." + f.name() + " holds " + min + " … " + max + ", not " + value);
        }
    }

    /** The name and all fields with their values, for messages and traces. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", layout.name() + "{", "}");
        for (Field f : layout.fields().values()) {
            if (f.count() == 1) {
                text.add(f.name() + "=" + element(f, 0));
            }
        }
        return text.toString();
    }
}
