// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Makes the corpus of files that no one should be able to boot, each wrong in one way: {@code src/test/resources/
 * …/image/broken}. {@link #main} writes it anew.
 */
final class BrokenKernels {
    private static final byte[] CODE = TestKernels.code(64);
    private static final long START = 0x100_0000;

    /**
     * @param content the file
     * @param complaint what the refusal's message must contain
     */
    record Broken(byte[] content, String complaint) {}

    private BrokenKernels() {}

    /** By file name. */
    static Map<String, Broken> all() {
        Map<String, Broken> all = new LinkedHashMap<>();
        all.put("empty.bin", new Broken(new byte[0], "neither an ELF file nor a bzImage"));
        all.put("script.bin", new Broken("#!/bin/sh\n".getBytes(StandardCharsets.US_ASCII), "'23 21 2f 62"));
        elfHeaders(all);
        elfSegments(all);
        elfNotes(all);
        bzImages(all);
        compressed(all);
        return all;
    }

    private static void elfHeaders(Map<String, Broken> all) {
        byte[] good = kernel().build();
        all.put("elf-cut-in-header.bin", new Broken(Arrays.copyOf(good, 40), "the ELF header lies outside"));
        all.put("elf-cut-in-table.bin", new Broken(Arrays.copyOf(good, 100), "the table of program headers"));
        all.put("elf-big-endian.bin", new Broken(patched(good, 5, 2), "not little-endian"));
        all.put("elf-no-class.bin", new Broken(patched(good, 4, 7), "neither 32 nor 64 bits"));
        all.put("elf-arm64.bin", new Broken(kernel().machine(183).build(), "machine 183"));
        all.put("elf-object.bin", new Broken(kernel().type(1).build(), "not an executable"));
        all.put("elf-odd-header-size.bin", new Broken(patched(good, 54, 55), "55 bytes instead of 56"));
        all.put(
                "elf-table-at-the-end-of-the-world.bin",
                new Broken(patched(good, 32, -16, -1, -1, -1, -1, -1, -1, -1), "18446744073709551600"));
    }

    private static void elfSegments(Map<String, Broken> all) {
        all.put(
                "elf-nothing-to-load.bin",
                new Broken(ElfBuilder.elf64().entry(START).build(), "no segment to load"));
        all.put(
                "elf-segment-beyond-file.bin",
                new Broken(
                        ElfBuilder.elf64()
                                .load(START, CODE, 1 << 20, 1 << 20)
                                .entry(START)
                                .build(),
                        "the content of a segment lies outside"));
        all.put(
                "elf-segment-shrinks.bin",
                new Broken(ElfBuilder.elf64().load(START, CODE, 8).entry(START).build(), "longer in the file"));
        all.put(
                "elf-segment-above-4-gib.bin",
                new Broken(
                        ElfBuilder.elf64().load(1L << 32, CODE, 64).entry(START).build(), "does not lie below 4 GiB"));
        all.put(
                "elf-segment-reaches-4-gib.bin",
                new Broken(
                        ElfBuilder.elf64()
                                .load(START, CODE, 1L << 32)
                                .entry(START)
                                .build(),
                        "does not lie below 4 GiB"));
        all.put(
                "elf-segment-wraps-around.bin",
                new Broken(
                        ElfBuilder.elf64().load(-4096, CODE, 8192).entry(START).build(), "below 4 GiB"));
        all.put(
                "elf-segment-of-negative-size.bin",
                new Broken(ElfBuilder.elf64().load(START, CODE, -1).entry(START).build(), "below 4 GiB"));
        all.put(
                "elf-segments-overlap.bin",
                new Broken(kernel().load(START + 32, CODE, 64).build(), "two of its segments overlap at 0x1000020"));
    }

    private static void elfNotes(Map<String, Broken> all) {
        ElfBuilder plain = ElfBuilder.elf64().load(START, CODE, 64);
        all.put("elf-not-pvh.bin", new Broken(plain.build(), "CONFIG_PVH=y"));
        all.put(
                "elf-entry-outside.bin",
                new Broken(
                        ElfBuilder.elf64()
                                .load(START, CODE, 64)
                                .entry(START + 64)
                                .build(),
                        "its entry point 0x1000040 lies in none"));
        all.put(
                "elf-entry-of-3-bytes.bin",
                new Broken(
                        ElfBuilder.elf64()
                                .load(START, CODE, 64)
                                .note("Xen", ElfBuilder.PHYS32_ENTRY, new byte[3])
                                .build(),
                        "PHYS32_ENTRY is of 3 bytes"));
        all.put(
                "elf-note-of-endless-owner.bin",
                new Broken(notes(-1, 0, ElfBuilder.PHYS32_ENTRY), "no Xen note PHYS32_ENTRY"));
        all.put(
                "elf-note-of-endless-content.bin",
                new Broken(notes(0, -1, ElfBuilder.PHYS32_ENTRY), "no Xen note PHYS32_ENTRY"));
        byte[] cut = kernel().build();
        all.put("elf-cut-in-notes.bin", new Broken(Arrays.copyOf(cut, cut.length - 4), "no Xen note PHYS32_ENTRY"));
    }

    private static void bzImages(Map<String, Broken> all) {
        byte[] good = TestKernels.bzImage(new byte[64]);
        all.put("bzimage-cut-in-header.bin", new Broken(Arrays.copyOf(good, 0x240), "offset of the bzImage's payload"));
        all.put("bzimage-of-protocol-2.07.bin", new Broken(patched(good, 0x206, 7), "boot protocol 2.07"));
        all.put(
                "bzimage-cut-in-payload.bin",
                new Broken(Arrays.copyOf(good, good.length - 100), "payload lies outside"));
        all.put(
                "bzimage-of-endless-payload.bin",
                new Broken(patched(good, 0x24c, -1, -1, -1, -1), "payload lies outside"));
        all.put("bzimage-of-far-payload.bin", new Broken(patched(good, 0x248, -1, -1, -1, -1), "payload lies outside"));
        all.put("bzimage-of-zeros.bin", new Broken(good, "no known compression"));
        all.put("bzimage-of-nothing.bin", new Broken(TestKernels.bzImage(new byte[0]), "no known compression"));
        all.put("bzimage-of-bzip2.bin", refused("bzip2", 'B', 'Z', 'h', '9'));
        all.put("bzimage-of-lzma.bin", refused("lzma", 0x5d, 0, 0, 0x80));
        all.put("bzimage-of-lzo.bin", refused("lzo", 0x89, 'L', 'Z', 'O'));
        all.put("bzimage-of-lz4.bin", refused("lz4", 0x02, 0x21, 0x4c, 0x18));
    }

    private static void compressed(Map<String, Broken> all) {
        all.put("gzip-cut.bin", new Broken(bytes(0x1f, 0x8b, 8, 0, 0, 0), "gzip data are cut off or damaged"));
        all.put("gzip-magic-only.bin", new Broken(bytes(0x1f, 0x8b), "gzip data are cut off or damaged"));
        all.put("gzip-of-script.bin", new Broken(storedGzip("#!/bin/sh\n"), "it begins with '23 21"));
        all.put("gzip-of-gzip.bin", new Broken(storedGzip("\u001f\u008b"), "neither an ELF file nor a bzImage"));
        all.put("bzimage-xz-cut.bin", damaged("xz", 0xfd, '7', 'z', 'X', 'Z', 0, 0, 1, 0x69, 0x22));
        all.put("bzimage-zstd-cut.bin", damaged("zstd", 0x28, 0xb5, 0x2f, 0xfd, 4, 0x88, 100, 0, 0, 0));
        all.put(
                "bzimage-zstd-bomb.bin",
                new Broken(
                        TestKernels.bzImage(bytes(0x28, 0xb5, 0x2f, 0xfd, 4, 0x88, 0, 0, 0, 0, 0, 0x10)),
                        "claim to expand to 268435456"));
        all.put(
                "bzimage-zstd-giant.bin",
                new Broken(
                        TestKernels.bzImage(bytes(0x28, 0xb5, 0x2f, 0xfd, 4, 0x88, -1, -1, -1, -1)),
                        "unpacks to more than 512 MiB"));
    }

    private static ElfBuilder kernel() {
        return ElfBuilder.elf64().load(START, CODE, 64).entry(START);
    }

    private static byte[] notes(int ownerBytes, int contentBytes, int type) {
        ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(ownerBytes).putInt(contentBytes).putInt(type);
        return ElfBuilder.elf64().load(START, CODE, 64).rawNotes(header.array()).build();
    }

    private static Broken refused(String name, int... magic) {
        byte[] payload = Arrays.copyOf(bytes(magic), 64);
        return new Broken(
                TestKernels.bzImage(payload), "compressed with " + name + "; supported are gzip, xz and zstd");
    }

    private static Broken damaged(String name, int... payload) {
        return new Broken(TestKernels.bzImage(bytes(payload)), name + " data are cut off or damaged");
    }

    /** A gzip file whose content is not compressed, so that it is the same on every JDK. */
    private static byte[] storedGzip(String text) {
        byte[] content = text.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(content);
        return ByteBuffer.allocate(23 + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1))
                .putShort((short) content.length)
                .putShort((short) ~content.length)
                .put(content)
                .putInt((int) crc.getValue())
                .putInt(content.length)
                .array();
    }

    private static byte[] patched(byte[] file, int at, int... values) {
        byte[] copy = file.clone();
        System.arraycopy(bytes(values), 0, copy, at, values.length);
        return copy;
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** Writes the corpus to the directory that is given. */
    public static void main(String[] args) throws IOException {
        for (Map.Entry<String, Broken> entry : all().entrySet()) {
            Files.write(Path.of(args[0], entry.getKey()), entry.getValue().content());
        }
    }
}
