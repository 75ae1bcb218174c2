// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import java.nio.ByteBuffer;
import java.util.SortedMap;
import java.util.TreeMap;

/** A copy of pages that stores only pages that are not zero: most pages that a builder maps are zero. */
public final class PageImage {
    public static final int PAGE_BYTES = 4096;

    private final SortedMap<Integer, ByteBuffer> nonZero = new TreeMap<>();

    public PageImage(ByteBuffer memory) {
        for (int page = 0; page < memory.capacity() / PAGE_BYTES; page++) {
            ByteBuffer bytes = page(memory, page);
            if (!isZero(bytes)) {
                nonZero.put(page, ByteBuffer.allocate(PAGE_BYTES).put(bytes).flip());
            }
        }
    }

    /** Whether a page of {@code memory} differs from the copy. */
    public boolean differs(ByteBuffer memory, int page) {
        ByteBuffer now = page(memory, page);
        ByteBuffer old = nonZero.get(page);
        return old == null ? !isZero(now) : !old.equals(now);
    }

    /** The pages that are not zero, by index. */
    public SortedMap<Integer, ByteBuffer> nonZero() {
        return nonZero;
    }

    private static ByteBuffer page(ByteBuffer memory, int page) {
        return memory.slice(page * PAGE_BYTES, PAGE_BYTES);
    }

    private static boolean isZero(ByteBuffer page) {
        for (int at = 0; at < PAGE_BYTES; at += Long.BYTES) {
            if (page.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }
}
