// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** How a file is opened for another process. */
public enum FileAccess {
    READ_ONLY,
    WRITE_ONLY
}
