// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** How a loop device may use its file. */
public enum LoopAccess {
    READ_ONLY,
    READ_WRITE
}
