// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** The measure of a guard when a guest does not give back a loan in spite of nudges. */
public enum OverdueAction {
    /** The guard reports the state {@link GuardState#OVERDUE}, and does nothing else. */
    REPORT,
    /** The guard pauses the guest; the administrator decides. */
    PAUSE,
    /** The guard asks the guest to shut down. */
    SHUT_DOWN
}
