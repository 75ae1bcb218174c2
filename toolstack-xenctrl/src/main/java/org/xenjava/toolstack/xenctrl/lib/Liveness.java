// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * The state of a process. {@link #UNKNOWN} means that the question could not be answered; it never counts as death,
 * and nothing is destroyed or taken over because of it.
 */
public enum Liveness {
    /** The process runs. */
    ALIVE,
    /** The process is known to have ended: its PID is free, or belongs to a process that started at another time. */
    DEAD,
    /** The state is not visible: another PID namespace, no file descriptors left, {@code /proc} not readable. */
    UNKNOWN
}
