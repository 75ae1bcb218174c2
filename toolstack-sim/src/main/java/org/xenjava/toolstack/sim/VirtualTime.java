// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that passes only when told to, and what is to happen in it; what is due at one moment happens in order. */
final class VirtualTime {
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparing(Event::due).thenComparing(Event::number));
    private Instant now = Instant.EPOCH;
    private long lastNumber;

    private record Event(Instant due, long number, Runnable action) {}

    Instant now() {
        return now;
    }

    void after(Duration delay, Runnable action) {
        events.add(new Event(now.plus(delay), ++lastNumber, action));
    }

    void advance(Duration duration) {
        Instant end = now.plus(duration);
        while (!events.isEmpty() && !events.peek().due().isAfter(end)) {
            Event event = events.remove();
            now = event.due();
            event.action().run();
        }
        now = end;
    }
}
