// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.time.Duration;

/**
 * The state of one vCPU.
 *
 * @param number its number, from 0 on
 * @param state what it does
 * @param cpu the physical CPU on which it ran last; of no meaning if it is offline
 * @param cpuTime time for which it has run
 * @param affinity its physical CPUs, as they were set
 */
public record VcpuStatus(int number, State state, int cpu, Duration cpuTime, VcpuAffinity affinity) {
    /** What a vCPU does. */
    public enum State {
        /** It is down: the guest has not started it or has stopped it. */
        OFFLINE,
        /** It runs at this moment. */
        RUNNING,
        /** It waits for an event. */
        BLOCKED,
        /** It could run, and does not at this moment: another vCPU runs, or the domain is paused. */
        IDLE
    }
}
