// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;

/** A running balloon driver: holds the topmost pages of visible RAM, as many as its arithmetic demands. */
final class Balloon {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final GuestMachine machine;
    private final BalloonDriver driver;
    private final GuestRam ram;
    private final long reservationAtStart;
    private Optional<BalloonKeys> first = Optional.empty();
    private long held;
    private boolean moving;

    Balloon(GuestMachine machine, BalloonDriver driver, GuestRam ram) {
        this.machine = machine;
        this.driver = driver;
        this.ram = ram;
        this.reservationAtStart = machine.currentReservation();
    }

    void start() {
        if (driver.family() != BalloonFamily.NONE) {
            machine.watch("memory/target", this::targetChanged);
        }
    }

    /** The number of pages that the driver holds. */
    long heldPages() {
        return held;
    }

    /** Sets the number of pages that the driver holds, for a guest that continues from saved memory. */
    void setHeld(long pages) {
        held = pages;
    }

    /** Whether the driver reports that it has reached its target. */
    boolean saysItIsDone() {
        return has(BalloonDriver.Vice.LYING) || !moving;
    }

    private void targetChanged() {
        BalloonKeys keys = BalloonKeys.read(machine);
        if (keys.target().isPresent()) {
            if (first.isEmpty()) {
                first = Optional.of(keys);
            }
            if (!moving) {
                move();
            }
        }
    }

    private void move() {
        long goal = goal().orElse(held);
        if (goal == held) {
            moving = false;
            return;
        }
        moving = true;
        boolean moved = goal > held ? inflate(goal) : deflate(goal);
        machine.after(moved ? driver.step() : RETRY, this::move);
    }

    private OptionalLong goal() {
        BalloonKeys start = first.orElseThrow();
        BalloonKeys now = has(BalloonDriver.Vice.STICKY) ? start : BalloonKeys.read(machine);
        if (now.target().isEmpty()) {
            return OptionalLong.empty();
        }
        OptionalLong exact = new BalloonView(
                        start, now, ram.nominalPages(), ram.visiblePages(), ram.highestPfn(), reservationAtStart)
                .held(driver.family());
        return exact.isEmpty() ? exact : OptionalLong.of(limited(exact.getAsLong() - driver.missing()));
    }

    private boolean has(BalloonDriver.Vice vice) {
        return driver.vices().contains(vice);
    }

    /** Linux, as it is configured by default, overwrites pages with zeroes before it gives them back. */
    private boolean scrubs() {
        return driver.family().name().startsWith("LINUX");
    }

    private long limited(long pages) {
        long most = Math.min(driver.mostPages(), ram.visiblePages());
        return Math.max(0, Math.min(pages, most));
    }

    private boolean inflate(long goal) {
        List<Long> gfns = ram.fromTop(held, Math.min(goal, held + driver.pagesPerStep()));
        if (scrubs()) {
            gfns.forEach(gfn -> machine.clear(new GfnRange(gfn, gfn + 1)));
        }
        long done = machine.decreaseReservation(gfns);
        held += done;
        return done > 0;
    }

    private boolean deflate(long goal) {
        List<Long> gfns = ram.fromTop(Math.max(goal, held - driver.pagesPerStep()), held);
        Collections.reverse(gfns);
        long done = machine.populatePhysmap(gfns);
        held -= done;
        return done > 0;
    }
}
