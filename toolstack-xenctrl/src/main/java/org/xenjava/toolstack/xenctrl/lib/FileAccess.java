// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** The access with which a file is opened for another process. */
public enum FileAccess {
    /** The process may read the file. */
    READ_ONLY,
    /** The process may write the file. */
    WRITE_ONLY
}
