// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** The changes that a guard makes to a domain. */
enum GuardAction {
    /** Lower {@code memory/target} by the debt. */
    NUDGE,
    /** Back the debt from the host. */
    COVER,
    /** Put {@code memory/target} back to what the administrator set. */
    RESTORE_INTENT,
    /** Forget the lowering: the administrator has set another target. */
    FORGET_NUDGE,
    /** Put max_mem back, now that the guest has given back what it was lent. */
    GIVE_BACK,
    /** Note that part of a loan is repaid, so that others may be lent it. */
    RECORD_REPAYMENT,
    /** Pause a guest that does not give back what it was lent. */
    PAUSE,
    /** Ask a guest that does not give back what it was lent to shut down. */
    SHUT_DOWN
}
