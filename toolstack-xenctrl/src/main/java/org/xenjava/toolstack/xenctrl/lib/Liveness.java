// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * Whether a process runs. A question that could not be answered is {@link #UNKNOWN} and never counts as death: nothing
 * is destroyed or taken over because of it.
 */
public enum Liveness {
    /** The process runs. */
    ALIVE,
    /** The process is known to have ended: its PID is free, or belongs to a process that started at another time. */
    DEAD,
    /** The answer is not visible from here: another PID namespace, no descriptors left, {@code /proc} not readable. */
    UNKNOWN
}
