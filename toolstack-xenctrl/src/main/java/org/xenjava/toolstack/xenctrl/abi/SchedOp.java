// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Sub-commands of {@code sched_op} that a toolstack needs ({@code xen/include/public/sched.h}). */
public final class SchedOp {
    /** Shuts another domain down: {@code sched_remote_shutdown}, two bytes domid, padding, four bytes reason. */
    public static final int REMOTE_SHUTDOWN = 4;

    /** Sets one of the calling domain's watchdog timers: {@code sched_watchdog}. */
    public static final int WATCHDOG = 6;

    private SchedOp() {}
}
