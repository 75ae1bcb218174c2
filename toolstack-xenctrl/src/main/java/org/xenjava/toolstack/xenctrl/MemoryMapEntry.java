// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.stream.Stream;

/**
 * An entry of a physical memory map (e820), of a guest or of the host.
 *
 * @param address address of the first byte
 * @param bytes length in bytes
 * @param type use of the range
 */
public record MemoryMapEntry(long address, long bytes, Type type) {
    /** {@return the address behind the last byte} */
    public long end() {
        return address + bytes;
    }

    /** Types of e820 entries, as {@code hvm_memmap_table_entry} numbers them. */
    public enum Type {
        RAM(1),
        RESERVED(2),
        ACPI(3),
        NVS(4),
        UNUSABLE(5);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }

        /** The type of a number; {@link #RESERVED} for one that is none of these. */
        static Type of(int number) {
            return Stream.of(values())
                    .filter(type -> type.number == number)
                    .findFirst()
                    .orElse(RESERVED);
        }
    }
}
