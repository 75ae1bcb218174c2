// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The hypervisor's console: the last 64 KiB of output, addressed by the number of bytes printed before. */
public final class ConsoleRing {
    private static final int CAPACITY = 64 * 1024;

    private byte[] kept = new byte[0];
    private long droppedBytes;
    private long clearedBytes;

    public void print(String line) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(kept);
        all.writeBytes(("(XEN) " + line + "\n").getBytes(StandardCharsets.UTF_8));
        byte[] bytes = all.toByteArray();
        int excess = Math.max(0, bytes.length - CAPACITY);
        kept = Arrays.copyOfRange(bytes, excess, bytes.length);
        droppedBytes += excess;
    }

    /** The default start of reading: the oldest byte that was neither dropped nor cleared. */
    public long start() {
        return Math.max(droppedBytes, clearedBytes);
    }

    /** Reads at most that many bytes from a position on. */
    public byte[] read(long from, int max) {
        int begin = (int) Math.min(Math.max(from, start()) - droppedBytes, kept.length);
        return Arrays.copyOfRange(kept, begin, (int) Math.min((long) begin + max, kept.length));
    }

    /** Excludes output before that position from further reading. */
    public void clearUpTo(long position) {
        clearedBytes = position;
    }

    /** All output that was not cleared. */
    public String text() {
        return new String(read(start(), CAPACITY), StandardCharsets.UTF_8);
    }
}
