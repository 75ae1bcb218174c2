// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.resize.Loan;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * One reading of a domain that was alive afterwards.
 *
 * @param counters Xen's populate-on-demand counters
 * @param maxPages limit of the pages that the domain may own
 * @param running whether the domain is neither paused nor shut down
 * @param monitored whether a monitor (vm_event) is attached
 * @param target {@code memory/target}, if there is one and the reading may lead to an action
 * @param notes the guards' record of the domain
 */
record GuardReading(
        PodCounters counters,
        long maxPages,
        boolean running,
        boolean monitored,
        Optional<KiB> target,
        GuardRecord notes) {
    /** The reading of a domain that died before it was read. */
    static final GuardReading NOTHING =
            new GuardReading(new PodCounters(0, 0, 0), 0, false, false, Optional.empty(), GuardRecord.NONE);

    private static final KiB LESS_THAN_A_MIB = KiB.of(1023);

    GuardReading withNotes(GuardRecord others) {
        return new GuardReading(counters, maxPages, running, monitored, target, others);
    }

    long debt() {
        return counters.debt();
    }

    /** Pages that the domain was lent and has not given back. */
    long coveredPages() {
        return notes.loan().map(loan -> loan.outstanding(counters.totPages())).orElse(0L);
    }

    /** Pages that the balloon driver still has to free until there is neither a debt nor a loan. */
    long owed() {
        return Math.max(0, debt()) + coveredPages();
    }

    /** Pages that the domain has given back and that the record still counts as lent. */
    long repaidSinceNoted() {
        return notes.loan().map(loan -> loan.pages() - coveredPages()).orElse(0L);
    }

    /** Whether the loan backs the domain's boot. */
    boolean backedBoot() {
        return notes.loan().filter(loan -> loan.purpose() == Loan.Purpose.BOOT).isPresent();
    }

    /** Whether the administrator has set {@code memory/target} since the guard lowered it. */
    boolean nudgeOverruled() {
        return notes.nudge()
                .filter(nudge -> !target.equals(Optional.of(nudge.target())))
                .isPresent();
    }

    /** Whether the whole loan is given back. */
    boolean coverOver() {
        return notes.loan().isPresent() && coveredPages() == 0;
    }

    /** The next lower target; empty if there is no target, or if it is at the floor. */
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
