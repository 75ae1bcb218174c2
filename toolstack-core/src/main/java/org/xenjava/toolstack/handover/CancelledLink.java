// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.time.Duration;
import org.xenjava.toolstack.error.OperationCancelledException;

/**
 * Cuts the link of a migration that was cancelled while the other end takes no bytes: the thread that writes would notice the
 * cancellation only after the limit of silence. A sender that notices it earlier tells the receiver, over the same link.
 */
final class CancelledLink {
    /** A thread that writes 4 MiB over a slow link notices the cancellation by then. */
    private static final Duration GRACE = Duration.ofSeconds(15);

    private static final Duration BETWEEN_CHECKS = Duration.ofMillis(500);

    private final Runnable check;
    private final Runnable cut;
    private final Duration grace;
    private boolean ended;

    private CancelledLink(Runnable check, Runnable cut, Duration grace) {
        this.check = check;
        this.cut = cut;
        this.grace = grace;
    }

    /**
     * Watches until the end of the watch.
     *
     * @param check ends by an exception if the migration was cancelled
     * @param cut ends all links
     */
    static CancelledLink watch(Runnable check, Runnable cut) {
        return watch(check, cut, GRACE);
    }

    /** @param grace the time from the cancellation to the cut */
    static CancelledLink watch(Runnable check, Runnable cut, Duration grace) {
        CancelledLink watch = new CancelledLink(check, cut, grace);
        Thread thread = new Thread(watch::run, "migration-cancellation");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    private void run() {
        boolean over = isEndedWithin(BETWEEN_CHECKS);
        while (!over && !isCancelled()) {
            over = isEndedWithin(BETWEEN_CHECKS);
        }
        if (!over && !isEndedWithin(grace)) {
            cutUnlessEnded();
        }
    }

    private boolean isCancelled() {
        try {
            check.run();
            return false;
        } catch (OperationCancelledException e) {
            return true;
        }
    }

    private synchronized boolean isEndedWithin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        try {
            for (long left = time.toMillis(); !ended && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
            return ended;
        } catch (InterruptedException e) {
            return true;
        }
    }

    private synchronized void cutUnlessEnded() {
        if (!ended) {
            cut.run();
        }
    }

    /** Ends the watch: no link is cut afterwards. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }
}
