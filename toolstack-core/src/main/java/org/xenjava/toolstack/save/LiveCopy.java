// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.util.BitSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
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

    /** Each copies all of the memory. */
    private static final int MOST_BEGINNINGS = 3;

    private final PageSender pages;
    private final WriteLog log;
    private final MigrationListener listener;
    private final int domid;
    private int pass;
    private long owned;
    private boolean moved;

    LiveCopy(PageSender pages, WriteLog log, MigrationListener listener, int domid) {
        this.pages = pages;
        this.log = log;
        this.listener = listener;
        this.domid = domid;
    }

    /**
     * Copies the memory.
     *
     * @throws DomainStateException if the guest's balloon driver moves pages all the time. Before Xen 4.22, no write to a
     *     page that came since the log was last emptied is logged, so that the memory is copied again after a move
     */
    void run(KiB size, Runnable suspension) throws IOException {
        BitSet dirty = new BitSet();
        int beginnings = 0;
        do {
            if (++beginnings > MOST_BEGINNINGS) {
                throw new DomainStateException("the number of pages of domain " + domid
                        + " changes all the time; wait until its balloon driver has reached its target");
            }
            dirty = copyRunning(size);
        } while (moved);
        LOG.debug("the guest is asked to suspend itself");
        suspension.run();
        dirty.or(log.read(DirtyScan.FINAL));
        send(dirty, pass(Phase.SUSPENDED));
        if (moved) {
            throw new DomainStateException("the number of pages of domain " + domid
                    + " changed before it was suspended; try again once its balloon driver has reached its target");
        }
        pages.requireAll();
        LOG.debug("all pages sent");
    }

    /** Copies the memory in passes, and returns the frames that were written since the last one. Ends early after a move. */
    private BitSet copyRunning(KiB size) throws IOException {
        owned = pages.owned();
        moved = false;
        pages.sendAll(size, pass(Phase.COPYING));
        BitSet dirty = log.read(DirtyScan.CLEAN);
        PassPolicy policy = new PassPolicy();
        while (policy.isAnotherPassWorthwhile(dirty.cardinality()) && !moved) {
            // A frame that was written again comes with the next pass.
            dirty.andNot(log.read(DirtyScan.PEEK));
            send(dirty, pass(Phase.COPYING));
            dirty = log.read(DirtyScan.CLEAN);
        }
        return dirty;
    }

    private void send(BitSet frames, DumpListener progress) throws IOException {
        LOG.debug("pass {}: {} pages", pass, frames.cardinality());
        progress.onProgress(Pages.ZERO, Pages.of(frames.cardinality()));
        pages.send(frames, progress);
        look();
    }

    private DumpListener pass(Phase phase) {
        int number = ++pass;
        return (looked, all) -> {
            look();
            listener.onProgress(new MigrationProgress(phase, number, looked, all));
        };
    }

    private void look() {
        if (!moved && pages.owned() != owned) {
            moved = true;
            LOG.debug("the number of pages has changed from {}", owned);
        }
    }
}
