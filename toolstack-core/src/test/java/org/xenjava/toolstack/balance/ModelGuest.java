// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import org.xenjava.toolstack.balance.GuestSnapshot.Phase;

/** A guest of the model: its memory, its use, and its balloon driver. All amounts are pages. */
final class ModelGuest {
    static final long MIB = 256;

    /** A driver cannot take this part of what is in use. */
    private static final double KEPT_OF_USE = 0.85;

    final int domid;
    final UUID uuid;
    final String name;
    final long floor;
    final long ceiling;
    final long base;
    final long extra;
    double pagesPerSecond;
    boolean stuck;
    boolean reports = true;
    double reportFactor = 1;
    double used;
    double noise;

    long owned;
    long size;
    double carry;

    /** Pages to populate before the guest runs. */
    long building;

    /** Seconds until the driver of a populate-on-demand guest starts; negative if the guest has no entries. */
    double bootLeft = -1;

    private long freed;
    private long backed;
    private long reportedUse;

    /** The guest's own, so that what it draws depends on no other guest. */
    private final Random random;

    ModelGuest(int domid, UUID uuid, long base, long floor, long ceiling, Random random) {
        this.domid = domid;
        this.uuid = uuid;
        this.name = "guest-" + domid;
        this.base = base;
        this.floor = floor;
        this.ceiling = ceiling;
        this.random = random;
        this.extra = 8 + random.nextInt(200);
        this.pagesPerSecond = (80 + random.nextInt(220)) * MIB;
        this.size = base;
        this.used = base * 0.3;
    }

    /** Makes the guest one with populate-on-demand, which starts to balloon after a while. */
    void bootWithEntries(double seconds) {
        bootLeft = seconds;
    }

    boolean isBuilding() {
        return building > 0;
    }

    private boolean hasEntries() {
        return bootLeft >= 0;
    }

    /** Entries without a page: what the driver has not freed yet, of what the build left without a page. */
    long debt() {
        return hasEntries() ? Math.max(0, ceiling - base - freed - backed) : 0;
    }

    boolean isBallooning() {
        return hasEntries() && (bootLeft > 0 || debt() > 0 && freed < ceiling - size);
    }

    /** Sets the target; {@code backed} with the populate-on-demand target, as far as the host has the pages. */
    void setTarget(long target, long backedPages) {
        if (hasEntries() && backedPages > 0) {
            backed += backedPages;
            owned += backedPages;
        }
        size = target;
    }

    /** Lets the guest work; returns the pages that it has given, or taken if negative. */
    long work(double seconds, long free) {
        if (isBuilding()) {
            return 0;
        }
        if (hasEntries() && isBallooning()) {
            bootLeft = Math.max(0, bootLeft - seconds);
            if (bootLeft == 0 && !stuck) {
                freed = Math.min(ceiling - size, freed + step(seconds));
            }
            return 0;
        }
        if (stuck) {
            return 0;
        }
        long gap = owned - extra - size;
        if (gap > 0) {
            long least = (long) (used * KEPT_OF_USE);
            return Math.max(0, Math.min(step(seconds), Math.min(gap, owned - least)));
        }
        return gap < 0 ? -Math.min(step(seconds), Math.min(-gap, free)) : 0;
    }

    private long step(double seconds) {
        double pages = pagesPerSecond * seconds + carry;
        carry = pages - (long) pages;
        return (long) pages;
    }

    /** Takes a new measurement of its own use. */
    void measure() {
        double factor = reportFactor * (1 + noise * (2 * random.nextDouble() - 1));
        reportedUse = (long) Math.min(used * factor, ceiling);
    }

    /** What the guest needs in truth. */
    long demand() {
        return (long) Math.max(floor, Math.min(used * 1.15, ceiling));
    }

    GuestSnapshot look(Instant now) {
        Phase phase = isBuilding() ? Phase.BUILDING : isBallooning() ? Phase.BALLOONING : Phase.RUNNING;
        return new GuestSnapshot(
                domid,
                uuid,
                name,
                phase,
                owned + building,
                size,
                floor,
                ceiling,
                base,
                debt(),
                reports && !isBuilding()
                        ? Optional.of(new GuestReport(reportedUse, OptionalInt.empty(), now))
                        : Optional.empty());
    }
}
