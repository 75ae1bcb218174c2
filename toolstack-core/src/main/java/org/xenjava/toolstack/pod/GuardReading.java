// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * One look at a domain that was alive after it.
 *
 * @param counters Xen's populate-on-demand counters
 * @param maxPages pages that it may own
 * @param running neither paused nor shut down
 * @param monitored a monitor (vm_event) is attached
 * @param target {@code memory/target}, if there is one
 * @param notes what guards have lent it
 */
record GuardReading(
        PodCounters counters,
        long maxPages,
        boolean running,
        boolean monitored,
        Optional<KiB> target,
        GuardRecord notes) {
    /** Of a domain that has died before it was looked at. */
    static final GuardReading NOTHING =
            new GuardReading(new PodCounters(0, 0, 0), 0, false, false, Optional.empty(), GuardRecord.NONE);

    GuardReading withNotes(GuardRecord others) {
        return new GuardReading(counters, maxPages, running, monitored, target, others);
    }

    long debt() {
        return counters.debt();
    }

    long coveredPages() {
        return notes.cover()
                .map(cover -> cover.outstanding(counters.totPages()))
                .orElse(0L);
    }

    /** Whether somebody else has set {@code memory/target} since it was lowered. */
    boolean nudgeOverruled() {
        return notes.nudge()
                .filter(nudge -> !target.equals(Optional.of(nudge.target())))
                .isPresent();
    }

    /** Whether nothing is left of what was lent, or somebody else has set max_mem since. */
    boolean coverOver() {
        return notes.cover()
                .filter(cover -> cover.outstanding(counters.totPages()) == 0 || maxPages != cover.newMaxPages())
                .isPresent();
    }

    /** The lowered target that comes next; empty if there is no target, or nothing above the floor. */
    Optional<KiB> nextTarget(GuardPolicy policy) {
        return target.flatMap(now -> {
            KiB intent = notes.nudge().map(GuardRecord.Nudge::intent).orElse(now);
            long wholeMib = (debt() + 255) / 256;
            KiB lower = KiB.of(Math.max(0, now.value() - KiB.ofMiB(wholeMib).value()))
                    .max(policy.floorOf(intent));
            return lower.isLessThan(now) ? Optional.of(lower) : Optional.empty();
        });
    }
}
