// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** The access of a loop device to its file. */
public enum LoopAccess {
    /** The kernel refuses writes. */
    READ_ONLY,
    /** Reads and writes. */
    READ_WRITE
}
