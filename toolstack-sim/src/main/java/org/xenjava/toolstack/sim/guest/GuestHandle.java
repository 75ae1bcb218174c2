// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/**
 * Drives a running guest from a test. The effects are visible through Xen; an access to memory may crash the guest.
 * Methods that make the guest do something throw {@link IllegalStateException} if the domain is paused, has shut
 * down or is gone.
 */
public interface GuestHandle {
    /** Fills all RAM that is not in the balloon, firmware's share included, with bytes that are not zero. */
    void load();

    /** Fills all RAM that is not in the balloon, except that many pages at its upper end. */
    void loadExcept(long pages);

    /** Writes zeroes to that many pages at the upper end of the RAM that is not in the balloon. */
    void clear(long pages);

    /** Stops the guest, with a reason of {@code public/sched.h}: 0 power-off, 1 reboot, 2 suspend, 3 crash. */
    void shutDown(int reason);

    /** {@return the number of pages in the balloon} */
    long balloonedPages();

    /** {@return whether the balloon driver reports that it has reached its target} */
    boolean saysBalloonIsDone();
}
