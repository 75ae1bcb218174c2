// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.BitSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** A pool of CPUs. */
public final class MachinePool {
    private static final int TIME_SLICE_MS = 30;
    private static final int RATE_LIMIT_US = 1000;

    private final int id;
    private final Scheduler scheduler;
    private final BitSet cpus = new BitSet();
    private int timeSliceMs = TIME_SLICE_MS;
    private int rateLimitUs = RATE_LIMIT_US;
    private int migrationDelayUs;

    MachinePool(int id, Scheduler scheduler) {
        this.id = id;
        this.scheduler = scheduler;
    }

    /** Its number. */
    public int id() {
        return id;
    }

    /** Its scheduler. */
    public Scheduler scheduler() {
        return scheduler;
    }

    /** The CPUs in it. */
    public BitSet cpus() {
        return cpus;
    }

    /** The time slice of credit. */
    public int timeSliceMs() {
        return timeSliceMs;
    }

    /** The shortest run of a vCPU; 0 for no limit. */
    public int rateLimitUs() {
        return rateLimitUs;
    }

    /** The time for which credit takes a vCPU as cache-hot. */
    public int migrationDelayUs() {
        return migrationDelayUs;
    }

    /** Sets the scheduler's parameters. */
    public void set(int newTimeSliceMs, int newRateLimitUs, int newMigrationDelayUs) {
        timeSliceMs = newTimeSliceMs;
        rateLimitUs = newRateLimitUs;
        migrationDelayUs = newMigrationDelayUs;
    }
}
