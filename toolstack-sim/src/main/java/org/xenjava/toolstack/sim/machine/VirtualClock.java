// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/** The time of a simulated machine as a clock. */
final class VirtualClock extends Clock {
    private final Machine machine;
    private final ZoneId zone;

    VirtualClock(Machine machine, ZoneId zone) {
        this.machine = machine;
        this.zone = zone;
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
        return new VirtualClock(machine, other);
    }

    @Override
    public Instant instant() {
        machine.lock().lock();
        try {
            return machine.time().now();
        } finally {
            machine.lock().unlock();
        }
    }
}
