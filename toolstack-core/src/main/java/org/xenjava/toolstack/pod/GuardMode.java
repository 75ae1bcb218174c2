// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** What a guard does about a balloon driver that has stopped short. */
public enum GuardMode {
    /** Back the missing pages from the host as soon as the guest counts as short. */
    COVER_AT_ONCE,
    /** Ask the driver for more first, by a lower {@code memory/target}; back from the host what that does not bring. */
    NUDGE_FIRST,
    /** Report only; nothing is changed, in Xen or in xenstore. */
    OBSERVE
}
