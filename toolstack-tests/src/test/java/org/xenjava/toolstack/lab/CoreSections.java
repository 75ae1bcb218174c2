// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The sections of an ELF file, by name. */
final class CoreSections {
    private final byte[] file;
    private final Map<String, Section> sections = new TreeMap<>();

    private record Section(long offset, long size) {}

    private CoreSections(byte[] file) {
        this.file = file;
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int table = (int) elf.getLong(40);
        int count = elf.getShort(60);
        int names = (int) elf.getLong(table + 64 * elf.getShort(62) + 24);
        for (int at = table; at < table + count * 64; at += 64) {
            sections.put(name(names + elf.getInt(at)), new Section(elf.getLong(at + 24), elf.getLong(at + 32)));
        }
    }

    static CoreSections of(Path file) throws IOException {
        return new CoreSections(Files.readAllBytes(file));
    }

    private String name(int from) {
        int end = from;
        while (file[end] != 0) {
            end++;
        }
        return new String(file, from, end - from, StandardCharsets.US_ASCII);
    }

    Map<String, Long> sizes() {
        return sections.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().size(), (a, b) -> a, TreeMap::new));
    }

    byte[] content(String name) {
        Section section = sections.get(name);
        return Arrays.copyOfRange(file, (int) section.offset(), (int) (section.offset() + section.size()));
    }
}
