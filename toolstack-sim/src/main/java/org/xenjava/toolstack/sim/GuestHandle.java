// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.function.Consumer;
import java.util.function.Function;
import org.xenjava.toolstack.sim.guest.RunningGuest;

/**
 * A running guest in a test's hands: what happens inside is told here, what becomes of it is seen through Xen. What
 * a guest does may be its death.
 */
public final class GuestHandle {
    private final Machine machine;
    private final GuestDomain guest;

    GuestHandle(Machine machine, GuestDomain guest) {
        this.machine = machine;
        this.guest = guest;
    }

    /**
     * Fills all RAM that is not in the balloon, firmware's share included, with something that is not zero.
     *
     * @throws IllegalStateException if the domain is paused, has shut down or is gone; so do the others
     */
    public void load() {
        loadExcept(0);
    }

    /** The same, leaving so many pages at the upper end as they are. */
    public void loadExcept(long pages) {
        act(running -> running.load(pages));
    }

    /** Writes zeroes to so many pages at the upper end of the RAM that is not in the balloon. */
    public void clear(long pages) {
        act(running -> running.clear(pages));
    }

    /** Stops, with a reason of {@code public/sched.h}: 0 power-off, 1 reboot, 2 suspend, 3 crash. */
    public void shutDown(int reason) {
        act(running -> guest.shutDown(reason));
    }

    /** Pages in its balloon. */
    public long balloonedPages() {
        return ask(RunningGuest::balloonedPages);
    }

    /** Whether its balloon driver would say that it has reached its target. */
    public boolean saysBalloonIsDone() {
        return ask(RunningGuest::saysBalloonIsDone);
    }

    private void act(Consumer<RunningGuest> action) {
        machine.lock.lock();
        try {
            guest.act(action);
        } finally {
            machine.lock.unlock();
        }
    }

    private <T> T ask(Function<RunningGuest, T> question) {
        machine.lock.lock();
        try {
            return question.apply(guest.running());
        } finally {
            machine.lock.unlock();
        }
    }
}
