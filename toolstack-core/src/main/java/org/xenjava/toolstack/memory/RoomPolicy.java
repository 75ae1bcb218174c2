// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.time.Duration;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The policy on making room for a new guest by shrinking domain 0, which owns all memory of a host whose Xen was booted
 * without {@code dom0_mem=}. What was taken goes back to domain 0 when guests end.
 *
 * @param mode whether room is made
 * @param reserve memory of the host that stays free and unclaimed when room was made
 * @param least smallest size of domain 0
 * @param margin memory that domain 0's programs can still use afterwards, out of what its kernel reports as available
 * @param limit longest time for domain 0 to give its memory up
 */
public record RoomPolicy(Mode mode, KiB reserve, KiB least, KiB margin, Duration limit) {
    private static final KiB RESERVE = KiB.ofMiB(64);
    private static final KiB LEAST = KiB.ofMiB(1024);
    private static final KiB MARGIN = KiB.ofMiB(256);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Occasions on which room is made. */
    public enum Mode {
        /** Domain 0 keeps its size. */
        NEVER,
        /** Domain 0 shrinks unless {@code dom0_mem=} on Xen's command line fixes its size: xl's {@code auto}. */
        UNLESS_FIXED,
        /** Domain 0 shrinks in any case. */
        ALWAYS
    }

    /** {@return the policy that leaves domain 0 alone} */
    public static RoomPolicy never() {
        return of(Mode.NEVER);
    }

    /** {@return the policy of xl's {@code autoballoon="auto"}, with a reserve, a floor and a time limit} */
    public static RoomPolicy unlessFixed() {
        return of(Mode.UNLESS_FIXED);
    }

    /** {@return the policy that shrinks domain 0 also if its size is fixed on Xen's command line} */
    public static RoomPolicy always() {
        return of(Mode.ALWAYS);
    }

    private static RoomPolicy of(Mode mode) {
        return new RoomPolicy(mode, RESERVE, LEAST, MARGIN, LIMIT);
    }

    /**
     * {@return the same policy with another time limit}
     *
     * @param other longest time for domain 0 to give its memory up
     */
    public RoomPolicy within(Duration other) {
        return new RoomPolicy(mode, reserve, least, margin, other);
    }
}
