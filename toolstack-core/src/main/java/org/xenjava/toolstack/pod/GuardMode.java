// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** The measures of a guard when a balloon driver has stopped short. */
public enum GuardMode {
    /** Lend the missing pages as soon as the guest counts as short. */
    COVER_AT_ONCE,
    /** First lower {@code memory/target} so that the driver frees more; lend the pages that are still missing. */
    NUDGE_FIRST,
    /** Report only, and change nothing in Xen or xenstore. */
    OBSERVE
}
