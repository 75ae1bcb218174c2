// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

/** The policy on running a guest's QEMU with fewer rights than root has. */
public enum Confinement {
    /**
     * QEMU is restricted to its domain, under a user of its own, in an empty root directory; a guest for which this is
     * not possible is refused. xl.cfg's {@code dm_restrict=1}.
     */
    REQUIRED,
    /** Every measure that the guest, QEMU and the kernel allow. */
    WHERE_POSSIBLE,
    /** QEMU runs as root without limits, as {@code xl} starts it by default. xl.cfg's {@code dm_restrict=0}. */
    OFF
}
