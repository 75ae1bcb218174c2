// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the fields of one C struct lie.
 *
 * @param name the struct's tag in Xen's public headers
 * @param size bytes, padding included
 * @param fields by name, in the order of their offsets
 */
public record StructLayout(String name, int size, Map<String, Field> fields) {

    /** A field's type: its width, and how it is read. */
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

        /** Bytes of one element. */
        public int width() {
            return width;
        }
    }

    /**
     * One field.
     *
     * @param name its name; members of nested structs are dotted, {@code map.buffer}
     * @param offset bytes from the start of the struct
     * @param type type of one element
     * @param count elements: 1, or more for arrays
     */
    public record Field(String name, int offset, Type type, int count) {
        /** Bytes of the whole field. */
        public int bytes() {
            return type.width() * count;
        }
    }

    public StructLayout {
        fields = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /**
     * The field of that name.
     *
     * @throws IllegalArgumentException if the struct has none
     */
    public Field field(String fieldName) {
        Field field = fields.get(fieldName);
        if (field == null) {
            throw new IllegalArgumentException("struct " + name + " has no field " + fieldName);
        }
        return field;
    }

    /** The struct as it lies in {@code buffer} from byte {@code offset} on. */
    public StructView at(ByteBuffer buffer, int offset) {
        return new StructView(this, buffer.slice(offset, size).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** A zeroed struct in memory of its own. */
    public StructView allocate() {
        return at(ByteBuffer.allocate(size), 0);
    }
}
