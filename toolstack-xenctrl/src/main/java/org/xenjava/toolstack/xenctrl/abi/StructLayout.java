// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The layout of one C struct.
 *
 * @param name the struct's tag in Xen's public headers
 * @param size size in bytes, padding included
 * @param fields the fields by name, in the order of their offsets
 */
public record StructLayout(String name, int size, Map<String, Field> fields) {

    /** The type of a field: its width and sign. */
    public enum Type {
        U8(1),
        U16(2),
        U32(4),
        U64(8),
        S16(2),
        S32(4),
        S64(8),
        /** A 64-bit guest handle: a user virtual address. */
        PTR64(8),
        BYTES(1),
        U64S(8);

        private final int width;

        Type(int width) {
            this.width = width;
        }

        /** The size of one element in bytes. */
        public int width() {
            return width;
        }
    }

    /**
     * One field.
     *
     * @param name name of the field; a member of a nested struct has a dotted name, {@code map.buffer}
     * @param offset offset in the struct in bytes
     * @param type type of one element
     * @param count number of elements; more than 1 for an array
     */
    public record Field(String name, int offset, Type type, int count) {
        /** The size of the whole field in bytes. */
        public int bytes() {
            return type.width() * count;
        }
    }

    public StructLayout {
        fields = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /**
     * Finds a field by its name.
     *
     * @throws IllegalArgumentException if the struct has no such field
     */
    public Field field(String fieldName) {
        Field field = fields.get(fieldName);
        if (field == null) {
            throw new IllegalArgumentException("struct " + name + " has no field " + fieldName);
        }
        return field;
    }

    /** A view of the struct in a buffer, from byte {@code offset} on. */
    public StructView at(ByteBuffer buffer, int offset) {
        return new StructView(this, buffer.slice(offset, size).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Allocates a zeroed struct. */
    public StructView allocate() {
        return at(ByteBuffer.allocate(size), 0);
    }
}
