// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** A guest's memory for tests: holds the pages written to and nothing else, filled with junk at first. */
final class ByteArrayMemory implements GuestMemory {
    private static final int PAGE = 4096;

    private final TreeMap<Long, byte[]> pages = new TreeMap<>();
    private final byte junk;
    private int mappings;

    /** @param junk what fresh pages are filled with */
    ByteArrayMemory(int junk) {
        this.junk = (byte) junk;
    }

    @Override
    public void write(long[] gfns, Consumer<ByteBuffer> writer) {
        assertTrue(gfns.length <= MAX_PAGES, gfns.length + " pages in one mapping");
        ByteBuffer mapped = ByteBuffer.allocate(gfns.length * PAGE);
        for (long gfn : gfns) {
            mapped.put(page(gfn));
        }
        writer.accept(mapped.clear());
        mapped.clear();
        for (long gfn : gfns) {
            mapped.get(page(gfn));
        }
        mappings++;
    }

    int mappings() {
        return mappings;
    }

    byte[] read(long address, int length) {
        byte[] content = new byte[length];
        for (int i = 0; i < length; ) {
            long at = address + i;
            int inPage = (int) (at % PAGE);
            int count = Math.min(length - i, PAGE - inPage);
            byte[] page = pages.get(at / PAGE);
            if (page == null) {
                Arrays.fill(content, i, i + count, junk);
            } else {
                System.arraycopy(page, inPage, content, i, count);
            }
            i += count;
        }
        return content;
    }

    TreeSet<Long> touchedFrames() {
        return new TreeSet<>(pages.keySet());
    }

    private byte[] page(long gfn) {
        return pages.computeIfAbsent(gfn, unused -> {
            byte[] fresh = new byte[PAGE];
            Arrays.fill(fresh, junk);
            return fresh;
        });
    }
}
