// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.LongUnaryOperator;

/**
 * The frames of a domain that its guest has written since the log was started or emptied. As in Xen before 4.22, a
 * change of the map from guest frames to pages is not logged, nor are writes to a page that came since the log was
 * started or emptied. A write by dom0 through a mapping is not logged either.
 */
public final class DirtyLog {
    private final BitSet written = new BitSet();
    private final BitSet fresh = new BitSet();
    private LongUnaryOperator numbers = LongUnaryOperator.identity();
    private boolean on;

    /** Starts the log; false if it is on already. */
    public boolean start() {
        boolean started = !on;
        on = true;
        return started;
    }

    /** Ends and empties the log. */
    public void stop() {
        on = false;
        clear();
    }

    /** Whether writes are logged. */
    public boolean isOn() {
        return on;
    }

    /** Empties the log. */
    public void clear() {
        written.clear();
        fresh.clear();
    }

    /** The number of frames in the log. */
    public int count() {
        return written.cardinality();
    }

    /** The log as Xen's bitmap. */
    public byte[] bitmap(int frames) {
        return Arrays.copyOf(written.get(0, frames).toByteArray(), (frames + Byte.SIZE - 1) / Byte.SIZE);
    }

    /** Logs frames by other numbers: those of a PV guest's pages. A negative number is none. */
    void number(LongUnaryOperator numbering) {
        numbers = numbering;
    }

    /** Logs a write by the guest. */
    void write(long gfn, long count) {
        if (on) {
            BitSet frames = frames(gfn, count);
            frames.andNot(fresh);
            written.or(frames);
        }
    }

    /** Pages come to frames that had none. */
    void come(long gfn, long count) {
        if (on) {
            fresh.or(frames(gfn, count));
        }
    }

    private BitSet frames(long gfn, long count) {
        BitSet frames = new BitSet();
        for (long at = gfn; at < gfn + count; at++) {
            long number = numbers.applyAsLong(at);
            if (number >= 0) {
                frames.set(Math.toIntExact(number));
            }
        }
        return frames;
    }
}
