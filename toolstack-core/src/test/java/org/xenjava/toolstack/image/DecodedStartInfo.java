// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;

/** A start info as a guest reads it, with offsets of its own. */
final class DecodedStartInfo {
    private final ByteBuffer blob;
    private final long base;

    DecodedStartInfo(byte[] blob, long base) {
        this.blob = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
        this.base = base;
        assertEquals(0x336ec578, this.blob.getInt(0), "magic");
        assertEquals(1, this.blob.getInt(4), "version");
        assertEquals(0, this.blob.getInt(8), "flags");
    }

    record Module(long address, long bytes, String commandLine) {}

    boolean hasCommandLine() {
        return blob.getLong(24) != 0;
    }

    String commandLine() {
        return text(blob.getLong(24));
    }

    private String text(long address) {
        int at = offset(address);
        int end = at;
        while (blob.get(end) != 0) {
            end++;
        }
        byte[] text = new byte[end - at];
        blob.get(at, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    long modulesAddress() {
        return blob.getLong(16);
    }

    List<Module> modules() {
        int at = offset(modulesAddress());
        return IntStream.range(0, blob.getInt(12))
                .map(i -> at + 32 * i)
                .mapToObj(i -> new Module(blob.getLong(i), blob.getLong(i + 8), line(blob.getLong(i + 16))))
                .toList();
    }

    private String line(long address) {
        return address == 0 ? "" : text(address);
    }

    long rsdp() {
        return blob.getLong(32);
    }

    List<MemoryMapEntry> memoryMap() {
        int at = offset(blob.getLong(40));
        return IntStream.range(0, blob.getInt(48))
                .map(i -> at + 24 * i)
                .mapToObj(i -> new MemoryMapEntry(blob.getLong(i), blob.getLong(i + 8), type(blob.getInt(i + 16))))
                .toList();
    }

    private static MemoryMapEntry.Type type(int number) {
        return Arrays.stream(MemoryMapEntry.Type.values())
                .filter(type -> type.number() == number)
                .findFirst()
                .orElseThrow();
    }

    private int offset(long address) {
        return Math.toIntExact(address - base);
    }
}
