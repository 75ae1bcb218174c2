// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * A guard's latest reading of a domain. The guest cannot raise the debt, so a stale reading never understates it.
 *
 * @param pod counters of the domain
 * @param state the guard's state of the domain
 * @param coveredPages pages that the host has lent the domain and not got back
 * @param activity whether the vCPUs may run
 * @param inspection whether a monitor is attached to the domain
 */
public record GuardStatus(
        PodStatus pod, GuardState state, long coveredPages, Activity activity, Inspection inspection) {
    /** The activity of a guest. */
    public enum Activity {
        /** The vCPUs may run. */
        RUNNING,
        /** Paused or shut down: the guest does not balloon, and no load of its own can crash it. */
        STOPPED
    }

    /** The presence of a monitor that receives memory events of the domain (vm_event). */
    public enum Inspection {
        /** No monitor is attached. */
        NONE,
        /** A monitor is attached; the advisory leaves open whether that undoes its workaround. */
        ATTACHED
    }

    /** Whether the guard expects no further change: the domain is safe, given up or stopped. */
    boolean decided(GuardMode mode) {
        return activity == Activity.STOPPED
                || switch (state) {
                    case SETTLED, COVERED, OVERDUE, GAVE_UP, GONE -> true;
                    case SHORT -> mode == GuardMode.OBSERVE;
                    case BOOTING, BALLOONING, NUDGED -> false;
                };
    }
}
