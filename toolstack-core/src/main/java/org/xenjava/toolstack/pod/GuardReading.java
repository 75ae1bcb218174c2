// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.resize.Loan;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
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

    private static final KiB LESS_THAN_A_MIB = KiB.of(1023);

    GuardReading withNotes(GuardRecord others) {
        return new GuardReading(counters, maxPages, running, monitored, target, others);
    }

    long debt() {
        return counters.debt();
    }

    /** Pages that it was lent and has not given back. */
    long coveredPages() {
        return notes.loan().map(loan -> loan.outstanding(counters.totPages())).orElse(0L);
    }

    /** Pages that its balloon driver has to free until nothing is missing and nothing is lent. */
    long owed() {
        return Math.max(0, debt()) + coveredPages();
    }

    /** Pages that it has given back and that the note still counts as lent. */
    long repaidSinceNoted() {
        return notes.loan().map(loan -> loan.pages() - coveredPages()).orElse(0L);
    }

    /** Whether what it was lent backs its boot. */
    boolean backedBoot() {
        return notes.loan().filter(loan -> loan.purpose() == Loan.Purpose.BOOT).isPresent();
    }

    /** Whether somebody else has set {@code memory/target} since it was lowered. */
    boolean nudgeOverruled() {
        return notes.nudge()
                .filter(nudge -> !target.equals(Optional.of(nudge.target())))
                .isPresent();
    }

    /** Whether nothing is left of what was lent. */
    boolean coverOver() {
        return notes.loan().isPresent() && coveredPages() == 0;
    }

    /** The lowered target that comes next; empty if there is no target, or nothing above the floor. */
    Optional<KiB> nextTarget(GuardPolicy policy) {
        return target.flatMap(now -> {
            KiB intent = notes.nudge().map(GuardRecord.Nudge::intent).orElse(now);
            KiB wholeMib =
                    KiB.ofMiB(Pages.of(owed()).toKiB().plus(LESS_THAN_A_MIB).toMiB());
            KiB lower = KiB.of(Math.max(0, now.value() - wholeMib.value()))
                    .max(policy.nudging().floorOf(intent));
            return lower.isLessThan(now) ? Optional.of(lower) : Optional.empty();
        });
    }
}
