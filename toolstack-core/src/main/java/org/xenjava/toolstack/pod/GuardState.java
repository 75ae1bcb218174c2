// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** What a guard knows of one domain. */
public enum GuardState {
    /** Entries lack pages and the driver has not begun to free memory; so is every domain when it is first seen. */
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
    /** Every entry has its page, but the guest has not given back what it was lent, nudged or not. */
    OVERDUE,
    /** Still short, and the guard may or can do nothing; it tries again from time to time. */
    GAVE_UP,
    /** The domain is dead or dying; the last state. */
    GONE
}
