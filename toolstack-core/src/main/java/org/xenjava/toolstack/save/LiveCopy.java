// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.progress.MigrationRates;
import org.xenjava.toolstack.xenctrl.StateCalls.DirtyScan;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Copies the memory of a guest while it runs, in passes over the frames that it has written since the last pass, then
 * suspends the guest and copies the rest.
 */
final class LiveCopy {
    private static final Logger LOG = LoggerFactory.getLogger(LiveCopy.class);

    private static final long SECOND_NANOS = 1_000_000_000;

    /** A guest is slowed down if a pass leaves more than one in so many of the pages that it visits. */
    private static final int LEAST_PROGRESS = 2;

    /** 32 MiB. Fewer pages may fit into the buffers of the link, so that their rate is not that of the link. */
    private static final int MANY_PAGES = 8192;

    /** Each copies all of the memory. */
    private static final int MOST_ATTEMPTS = 3;

    private final PageSender pages;
    private final WriteLog log;
    private final MigrationListener listener;
    private final int domid;
    private final SharedPace pace;
    private final CopySettings settings;
    private final ContentTime content;
    private PassPolicy policy;
    private Optional<MigrationRates> rates = Optional.empty();
    private int pass;
    private long pagesAtStart;
    private boolean mapChanged;

    LiveCopy(
            PageSender pages,
            WriteLog log,
            MigrationListener listener,
            int domid,
            SharedPace pace,
            CopySettings settings) {
        this.pages = pages;
        this.log = log;
        this.listener = listener;
        this.domid = domid;
        this.pace = pace;
        this.settings = settings;
        this.policy = new PassPolicy(settings.longestRest());
        this.content = new ContentTime(this::nanos, pages::stored);
        // No guest is slowed down for a copy that stands still.
        settings.throttle().ifPresent(throttle -> pages.aroundOutages(throttle::suspend, throttle::goOn));
    }

    /**
     * Copies the memory. Before Xen 4.22, no write to a page that came since the log was last emptied is logged, so that
     * all memory is copied again if the number of pages changes.
     *
     * @throws DomainStateException if that number changes all the time or until the guest is suspended, or the guest writes
     *     so much that the copy of the rest would take too long
     */
    void run(KiB size, Runnable suspension) throws IOException {
        BitSet dirty;
        int attempts = 0;
        do {
            if (++attempts > MOST_ATTEMPTS) {
                throw new DomainStateException("the number of pages of domain " + domid
                        + " changes all the time; wait until its balloon driver has reached its target");
            }
            dirty = copyRunning(size);
        } while (mapChanged);
        requireShortRest();
        pace.lift();
        LOG.debug("the guest is asked to suspend itself");
        suspension.run();
        dirty.or(log.read(DirtyScan.FINAL));
        send(dirty, pass(Phase.SUSPENDED));
        if (mapChanged) {
            throw new DomainStateException("the number of pages of domain " + domid
                    + " changed before it was suspended; try again once its balloon driver has reached its target");
        }
        pages.requireAll();
        LOG.debug("all pages sent");
        if (settings.compared()) {
            pages.sendForComparison(pass(Phase.COMPARING));
            LOG.debug("all pages sent again");
        }
    }

    /** Copies the memory in passes, and returns the frames that were written since the last one. Ends early after a change. */
    private BitSet copyRunning(KiB size) throws IOException {
        pagesAtStart = pages.owned();
        mapChanged = false;
        policy = new PassPolicy(settings.longestRest());
        // Writes to a page that came before the number was read are logged from now on. All frames are sent anyway.
        log.read(DirtyScan.CLEAN);
        long began = nanos();
        long stored = pages.stored();
        long before = pages.outageNanos();
        pages.sendAll(size, pass(Phase.COPYING));
        BitSet dirty = log.read(DirtyScan.CLEAN);
        measure(began, pages.stored() - stored, dirty);
        long visited = pagesAtStart;
        long outage = before;
        while (!mapChanged && policy.isAnotherPassWorthwhile(dirty.cardinality(), rest())) {
            // After an outage, the guest has written for longer than the pass took.
            if (dirty.cardinality() > visited / LEAST_PROGRESS && pages.outageNanos() == outage) {
                settings.throttle().ifPresent(VcpuThrottle::slowDown);
            }
            visited = dirty.cardinality();
            outage = pages.outageNanos();
            // A frame that was written again comes with the next pass.
            dirty.andNot(log.read(DirtyScan.PEEK));
            began = nanos();
            stored = pages.stored();
            send(dirty, pass(Phase.COPYING));
            dirty = log.read(DirtyScan.CLEAN);
            measure(began, pages.stored() - stored, dirty);
        }
        return dirty;
    }

    /**
     * Measures the rates of a pass by the pages that were sent with their contents and the time that these took. The rate of the link is at most the bandwidth limit, because a faster link cannot be observed.
     */
    private void measure(long began, long storedPages, BitSet dirty) {
        long passed = nanos() - began;
        long measured = Math.max(1, perSecond(storedPages, content.nanos()));
        long unlimited = storedPages >= MANY_PAGES
                ? measured
                : rates.map(last -> storedPages == 0 ? last.sent() : Math.min(last.sent(), measured))
                        .orElse(measured);
        long sent = Math.min(pace.limit(), unlimited);
        double rest = (double) dirty.cardinality() * Pages.BYTES / sent;
        rates = Optional.of(new MigrationRates(
                sent, perSecond(dirty.cardinality(), passed), Duration.ofNanos((long) (rest * SECOND_NANOS))));
        LOG.debug("pass {}: {}", pass, rates.get());
    }

    /** The time, which stands still while there is no link: an outage tells nothing about the rate of a link. */
    private long nanos() {
        return pace.nanos() - pages.outageNanos();
    }

    private static long perSecond(long pages, long nanos) {
        return (long) ((double) pages * Pages.BYTES * SECOND_NANOS / Math.max(1, nanos));
    }

    private Duration rest() {
        return rates.map(MigrationRates::rest).orElse(Duration.ZERO);
    }

    private void requireShortRest() {
        rates.filter(last -> policy.isTooLong(last.rest())).ifPresent(last -> {
            throw new DomainStateException(
                    "domain " + domid + " writes " + inMiB(last.written()) + " MiB/s, and the link takes "
                            + inMiB(last.sent()) + " MiB/s: the copy of the rest would take "
                            + last.rest().toMillis() + " ms, longer than allowed"
                            + (cap().isPresent()
                                    ? ", although the guest is slowed down to " + cap().getAsInt() + " % of a CPU"
                                    : ""));
        });
    }

    private OptionalInt cap() {
        return settings.throttle().map(VcpuThrottle::cap).orElse(OptionalInt.empty());
    }

    private static long inMiB(long bytes) {
        return bytes >> 20;
    }

    private void send(BitSet frames, DumpListener progress) throws IOException {
        LOG.debug("pass {}: {} pages", pass, frames.cardinality());
        progress.onProgress(Pages.ZERO, Pages.of(frames.cardinality()));
        pages.send(frames, progress);
        checkPages();
    }

    private DumpListener pass(Phase phase) {
        int number = ++pass;
        content.reset();
        return (looked, all) -> {
            content.end();
            checkPages();
            listener.onProgress(new MigrationProgress(phase, number, looked, all, rates, cap()));
            content.begin();
        };
    }

    private void checkPages() {
        if (!mapChanged && pages.owned() != pagesAtStart) {
            mapChanged = true;
            LOG.debug("the number of pages has changed from {}", pagesAtStart);
        }
    }
}
