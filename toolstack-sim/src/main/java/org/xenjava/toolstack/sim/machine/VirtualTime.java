// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that passes only by {@link #advance}, and the actions scheduled in it. Actions due at one moment run in order. */
public final class VirtualTime {
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparing(Event::due).thenComparing(Event::number));
    private Instant now = Instant.EPOCH;
    private long lastNumber;

    private record Event(Instant due, long number, Runnable action) {}

    public Instant now() {
        return now;
    }

    public void after(Duration delay, Runnable action) {
        events.add(new Event(now.plus(delay), ++lastNumber, action));
    }

    /** Drops every scheduled action. */
    public void clear() {
        events.clear();
    }

    public void advance(Duration duration) {
        Instant end = now.plus(duration);
        while (!events.isEmpty() && !events.peek().due().isAfter(end)) {
            Event event = events.remove();
            now = event.due();
            event.action().run();
        }
        now = end;
    }
}
