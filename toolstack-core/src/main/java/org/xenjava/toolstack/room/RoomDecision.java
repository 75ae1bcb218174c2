// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The size to which domain 0 shrinks for a guest.
 *
 * @param verdict what to do
 * @param target the size of domain 0 afterwards: an absolute number, so that repeating it takes nothing more
 * @param available free and unclaimed pages of the host once domain 0 has that size
 * @param spare the most that domain 0 can give
 */
record RoomDecision(Verdict verdict, KiB target, Pages available, Pages spare) {
    /** The outcome. */
    enum Verdict {
        /** The host has enough. */
        ENOUGH,
        /** Domain 0 shrinks to the target. */
        SHRINK,
        /** Domain 0 cannot give enough. */
        IMPOSSIBLE
    }

    /**
     * The memory of a guest.
     *
     * @param least pages without which it cannot be built
     * @param wanted pages with which its boot is backed as well
     */
    record Need(Pages least, Pages wanted) {}

    /**
     * Decides.
     *
     * @param available free and unclaimed pages of the host
     * @param owned pages of domain 0
     * @param usable memory that domain 0's kernel reports as available to its programs
     */
    static RoomDecision of(RoomPolicy policy, Need need, Pages available, Pages owned, KiB usable) {
        Pages spare = spare(policy, owned, usable);
        Pages reserve = policy.reserve().toPages();
        Pages goal = need.wanted().plus(reserve);
        Pages lacking = goal.isMoreThan(available) ? goal.minus(available) : Pages.ZERO;
        Pages given = lacking.min(spare);
        Pages after = available.plus(given);
        KiB target = owned.minus(given).toKiB();
        if (need.least().plus(reserve).isMoreThan(after)) {
            Verdict verdict = need.least().isMoreThan(available) ? Verdict.IMPOSSIBLE : Verdict.ENOUGH;
            return new RoomDecision(verdict, owned.toKiB(), available, spare);
        }
        return new RoomDecision(given.equals(Pages.ZERO) ? Verdict.ENOUGH : Verdict.SHRINK, target, after, spare);
    }

    /** The most that domain 0 can give. */
    static Pages spare(RoomPolicy policy, Pages owned, KiB usable) {
        Pages aboveLeast = minusOrZero(owned, policy.least().toPages());
        Pages unused = minusOrZero(usable.toPages(), policy.margin().toPages());
        return aboveLeast.min(unused);
    }

    private static Pages minusOrZero(Pages from, Pages less) {
        return from.isMoreThan(less) ? from.minus(less) : Pages.ZERO;
    }
}
