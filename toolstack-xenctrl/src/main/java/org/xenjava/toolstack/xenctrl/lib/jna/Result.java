// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Native;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * Checks of what C functions return. errno belongs to the thread and to its last native call, so each of these must
 * wrap the call itself.
 */
final class Result {
    private Result() {}

    /** For functions that return -1 on failure. */
    static int notNegative(String function, int result) {
        if (result < 0) {
            throw failure(function);
        }
        return result;
    }

    /** For functions that return a pointer, or an id, that is 0 on failure. */
    static long notNull(String function, long result) {
        if (result == 0) {
            throw failure(function);
        }
        return result;
    }

    /** For functions that return {@code bool}. */
    static void isTrue(String function, byte result) {
        if (result == 0) {
            throw failure(function);
        }
    }

    /** The exception for a call that has just failed. */
    static XenLibException failure(String function) {
        return new XenLibException(function, lastErrno());
    }

    static Errno lastErrno() {
        return new Errno(Native.getLastError());
    }
}
