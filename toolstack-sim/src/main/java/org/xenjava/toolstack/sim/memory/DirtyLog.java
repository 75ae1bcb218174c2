// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The frames of a domain that its guest has written since the log was started or emptied. As in Xen before 4.22, a
 * change of the map from guest frames to pages is not logged, and a write by dom0 through a mapping is not.
 */
public final class DirtyLog {
    private final BitSet written = new BitSet();
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
    }

    /** The number of frames in the log. */
    public int count() {
        return written.cardinality();
    }

    /** The log as Xen's bitmap. */
    public byte[] bitmap(int frames) {
        return Arrays.copyOf(written.get(0, frames).toByteArray(), (frames + Byte.SIZE - 1) / Byte.SIZE);
    }

    /** Logs a write by the guest. */
    void write(long gfn, long count) {
        if (on) {
            written.set(Math.toIntExact(gfn), Math.toIntExact(gfn + count));
        }
    }
}
