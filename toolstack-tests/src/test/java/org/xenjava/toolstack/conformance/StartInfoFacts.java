// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * A PVH guest's start info ({@code xen/include/public/arch-x86/hvm/start_info.h}), decoded from its page; where its
 * parts lie in the page is the builder's business.
 */
record StartInfoFacts(
        int magic,
        int version,
        int flags,
        String commandLine,
        String modules,
        long rsdpAddress,
        MemoryMapFacts memoryMap) {

    static StartInfoFacts of(ByteBuffer page) {
        return new StartInfoFacts(
                page.getInt(0),
                page.getInt(4),
                page.getInt(8),
                page.getLong(24) == 0 ? "" : string(page, inPage(page.getLong(24))),
                modules(page, page.getInt(12), inPage(page.getLong(16))),
                page.getLong(32),
                memoryMap(page, inPage(page.getLong(40)), page.getInt(48)));
    }

    /** @param given the map that Xen was told of the guest */
    void addTo(Facts facts, Optional<MemoryMapFacts> given) {
        facts.add("start info magic, version, flags", "0x%x, %d, %d".formatted(magic, version, flags));
        facts.add("start info command line", commandLine);
        facts.add("start info modules", modules);
        facts.add("start info rsdp_paddr", "0x%x".formatted(rsdpAddress));
        facts.add(
                "start info memory map",
                given.equals(Optional.of(memoryMap)) ? "as set_memory_map" : memoryMap.toString());
    }

    private static int inPage(long address) {
        return (int) (address & 0xFFF);
    }

    private static String string(ByteBuffer page, int at) {
        int end = at;
        while (end < page.limit() && page.get(end) != 0) {
            end++;
        }
        byte[] text = new byte[end - at];
        page.get(at, text);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static String modules(ByteBuffer page, int count, int at) {
        StringJoiner text = new StringJoiner(", ");
        for (int i = 0; i < count; i++) {
            int module = at + 32 * i;
            text.add("0x%x+%d".formatted(page.getLong(module), page.getLong(module + 8)));
        }
        return text.toString();
    }

    private static MemoryMapFacts memoryMap(ByteBuffer page, int at, int count) {
        List<MemoryMapFacts.Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int entry = at + 24 * i;
            entries.add(
                    new MemoryMapFacts.Entry(page.getLong(entry), page.getLong(entry + 8), page.getInt(entry + 16)));
        }
        return new MemoryMapFacts(entries);
    }
}
