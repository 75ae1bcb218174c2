// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.util.BitSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.xenctrl.StateCalls.DirtyScan;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Copies the memory of a guest while it runs, in passes over the frames that it has written since the last pass, then
 * suspends the guest and copies the rest.
 */
final class LiveCopy {
    private static final Logger LOG = LoggerFactory.getLogger(LiveCopy.class);

    private final PageSender pages;
    private final WriteLog log;
    private final MigrationListener listener;
    private int pass;

    LiveCopy(PageSender pages, WriteLog log, MigrationListener listener) {
        this.pages = pages;
        this.log = log;
        this.listener = listener;
    }

    void run(KiB size, Runnable suspension) throws IOException {
        pages.sendAll(size, pass(Phase.COPYING));
        PassPolicy policy = new PassPolicy();
        BitSet dirty = log.read(DirtyScan.CLEAN);
        while (policy.isAnotherPassWorthwhile(dirty.cardinality())) {
            // A frame that was written again comes with the next pass.
            dirty.andNot(log.read(DirtyScan.PEEK));
            send(dirty, pass(Phase.COPYING));
            dirty = log.read(DirtyScan.CLEAN);
        }
        LOG.debug("the guest is asked to suspend itself");
        suspension.run();
        dirty.or(log.read(DirtyScan.FINAL));
        send(dirty, pass(Phase.SUSPENDED));
        pages.sendRest(size);
        LOG.debug("all pages sent");
    }

    private void send(BitSet frames, DumpListener progress) throws IOException {
        LOG.debug("pass {}: {} pages", pass, frames.cardinality());
        progress.onProgress(Pages.ZERO, Pages.of(frames.cardinality()));
        pages.send(frames, progress);
    }

    private DumpListener pass(Phase phase) {
        int number = ++pass;
        return (looked, all) -> listener.onProgress(new MigrationProgress(phase, number, looked, all));
    }
}
