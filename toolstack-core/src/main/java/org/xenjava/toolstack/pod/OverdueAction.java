// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** What a guard does about a guest that does not give back what the host has lent it, nudged or not. */
public enum OverdueAction {
    /** The state {@link GuardState#OVERDUE} is reported, and nothing is done. */
    REPORT,
    /** The guest is paused; its administrator decides. */
    PAUSE,
    /** The guest is asked to shut down. */
    SHUT_DOWN
}
