// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import java.time.Duration;
import java.util.List;

/**
 * Drives a running guest from a test. The effects are visible through Xen; an access to memory may crash the guest.
 * Methods that make the guest do something throw {@link IllegalStateException} if the domain is paused, has shut
 * down or is gone.
 */
public interface GuestHandle {
    /** Fills all RAM that is not in the balloon, firmware's share included, with bytes that are not zero. */
    void load();

    /**
     * Fills all RAM that is not in the balloon, except the upper end.
     *
     * @param pages number of pages at the upper end that the guest leaves alone
     */
    void loadExcept(long pages);

    /**
     * Writes zeroes to the upper end of the RAM that is not in the balloon, which populates those pages.
     *
     * @param pages number of pages to write
     */
    void clear(long pages);

    /**
     * Starts a program in the guest that writes numbers to a part of the pages at the bottom of RAM in each period. A cap of the
     * domain below 100 % of a CPU makes the program slower.
     *
     * @param pages number of pages
     * @param period time between two writes
     */
    void writeSteadily(int pages, Duration period);

    /** {@return the frames whose pages do not have what that program last wrote to them} */
    List<Long> lostWrites();

    /**
     * Stops the guest.
     *
     * @param reason a reason of {@code public/sched.h}: 0 power-off, 1 reboot, 2 suspend, 3 crash
     */
    void shutDown(int reason);

    /** {@return the number of pages in the balloon} */
    long balloonedPages();

    /** {@return whether the balloon driver reports that it has reached its target} */
    boolean saysBalloonIsDone();
}
