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
    /** Remove the record of the lowered target: the administrator has set another target. */
    FORGET_NUDGE,
    /** Restore max_mem, because the guest has given back the loan. */
    GIVE_BACK,
    /** Record that part of a loan is repaid, so that other domains can be lent it. */
    RECORD_REPAYMENT,
    /** Pause a guest that does not give back a loan. */
    PAUSE,
    /** Ask a guest that does not give back a loan to shut down. */
    SHUT_DOWN
}
