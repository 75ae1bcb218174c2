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
    /** The state of a vCPU. */
    public enum State {
        /** Down: the guest has not started the vCPU or has stopped it. */
        OFFLINE,
        /** Running at this moment. */
        RUNNING,
        /** Waiting for an event. */
        BLOCKED,
        /** Ready to run, but not running: another vCPU runs, or the domain is paused. */
        IDLE
    }
}
