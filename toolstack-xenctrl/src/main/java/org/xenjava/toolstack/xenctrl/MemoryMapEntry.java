// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

/**
 * An entry of a guest's physical memory map (e820).
 *
 * @param address address of the first byte
 * @param bytes length in bytes
 * @param type use of the range
 */
public record MemoryMapEntry(long address, long bytes, Type type) {
    /** Types of e820 entries, as {@code hvm_memmap_table_entry} numbers them. */
    public enum Type {
        RAM(1),
        RESERVED(2),
        ACPI(3),
        NVS(4);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }
    }
}
