// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** States of a domain under a guard. */
public enum GuardState {
    /** Entries lack pages and the driver has not begun to free memory. The initial state of every domain. */
    BOOTING,
    /** The debt is falling. */
    BALLOONING,
    /** Every entry has its page. */
    SETTLED,
    /** The debt has stopped falling: load inside the guest may crash it. */
    SHORT,
    /** {@code memory/target} is lowered until the debt is gone. */
    NUDGED,
    /** Every entry has its page, some of them lent by the host. */
    COVERED,
    /** Every entry has its page, but the guest has not given back the loan in spite of nudges. */
    OVERDUE,
    /** Still short, and neither the policy nor the host allows a loan; the guard tries again from time to time. */
    GAVE_UP,
    /** The domain is dead or dying. The final state. */
    GONE
}
