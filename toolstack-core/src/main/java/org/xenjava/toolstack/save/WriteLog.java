// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.BitSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.StateCalls.DirtyScan;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Xen's log of the frames that a guest writes. Xen logs until it is closed. */
final class WriteLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WriteLog.class);

    private final Xenctrl xenctrl;
    private final int domid;
    private final long frames;
    private final Runnable atTheEnd;

    /**
     * Starts the log. One that a killed process has left is ended first.
     *
     * @param frames the number of frames, from 0 on
     * @param atTheEnd runs when the log is closed, also if Xen cannot end it
     */
    WriteLog(Xenctrl xenctrl, int domid, long frames, Runnable atTheEnd) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.frames = frames;
        this.atTheEnd = atTheEnd;
        try {
            xenctrl.state().enableDirtyLog(domid);
        } catch (HypercallException e) {
            if (!e.errno().equals(Errno.EINVAL)) {
                endAfter(e);
                throw e;
            }
            LOG.debug("domain {}: writes were logged already", domid);
            xenctrl.state().disableDirtyLog(domid);
            xenctrl.state().enableDirtyLog(domid);
        }
    }

    /** The log may have started although the call has failed. A Xen that cannot log refuses to end it, too. */
    private void endAfter(HypercallException failure) {
        try {
            xenctrl.state().disableDirtyLog(domid);
        } catch (HypercallException e) {
            failure.addSuppressed(e);
        }
    }

    BitSet read(DirtyScan scan) {
        return xenctrl.state().dirtyFrames(domid, frames, scan);
    }

    @Override
    public void close() {
        try {
            xenctrl.state().disableDirtyLog(domid);
        } finally {
            atTheEnd.run();
        }
    }
}
