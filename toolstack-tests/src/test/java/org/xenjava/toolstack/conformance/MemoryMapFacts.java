// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;

/** A guest's memory map, in its order. */
record MemoryMapFacts(List<Entry> entries) {

    /** One entry; the types are those of the e820. */
    record Entry(long address, long bytes, int type) {
        boolean isRam() {
            return type == MemoryMapEntry.Type.RAM.number();
        }

        @Override
        public String toString() {
            return "0x%x+0x%x type %d".formatted(address, bytes, type);
        }
    }

    /** From packed {@code e820entry}s. */
    static MemoryMapFacts packed(ByteBuffer table) {
        List<Entry> entries = new ArrayList<>();
        while (table.hasRemaining()) {
            entries.add(new Entry(table.getLong(), table.getLong(), table.getInt()));
        }
        return new MemoryMapFacts(entries);
    }

    void addTo(Facts facts) {
        facts.add("memory map, RAM", text(entries.stream().filter(Entry::isRam).toList()));
        facts.add(
                "memory map, besides the RAM",
                text(entries.stream().filter(entry -> !entry.isRam()).toList()));
    }

    private static String text(List<Entry> some) {
        return some.stream().map(Entry::toString).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return text(entries);
    }
}
