// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * What a guard has seen of a domain when it looked last. The debt never rises by what a guest does, so an old look
 * does not flatter.
 *
 * @param pod its counters
 * @param state what the guard makes of them
 * @param coveredPages pages of the host that it has been lent and not given back
 * @param activity whether its vCPUs may run
 * @param inspection whether a monitor is attached to it
 */
public record GuardStatus(
        PodStatus pod, GuardState state, long coveredPages, Activity activity, Inspection inspection) {
    /** Whether a guest does anything. */
    public enum Activity {
        RUNNING,
        /** Paused or shut down: it balloons no more, and no load of its own can crash it. */
        STOPPED
    }

    /** Whether memory events of the domain go to a monitor (vm_event). */
    public enum Inspection {
        NONE,
        /** The advisory leaves open whether that undoes its workaround. */
        ATTACHED
    }

    /** Whether the guard waits for nothing any more: safe, beyond help, or stopped. */
    boolean decided(GuardMode mode) {
        return activity == Activity.STOPPED
                || switch (state) {
                    case SETTLED, COVERED, OVERDUE, GAVE_UP, GONE -> true;
                    case SHORT -> mode == GuardMode.OBSERVE;
                    case BOOTING, BALLOONING, NUDGED -> false;
                };
    }
}
