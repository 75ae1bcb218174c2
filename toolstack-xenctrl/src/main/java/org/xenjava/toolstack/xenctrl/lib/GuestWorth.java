// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** Whether the guests of a host may be lost. */
public enum GuestWorth {
    /** Somebody needs them: a crash is damage. */
    NEEDED,
    /** They run nothing, as on a simulated host: a crash is an observation. */
    EXPENDABLE
}
