// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.Map;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Turns what dom0's kernel refuses into a sentence about the device. */
final class KernelCalls {
    private static final Map<Errno, String> ADVICE = Map.of(
            Errno.EACCES, "run as root in the control domain; may the image be written?",
            Errno.EPERM, "run as root in the control domain",
            Errno.EROFS, "the image is on a read-only file system",
            Errno.ENOENT, "is there still such a file, and is the module 'loop' loaded?",
            Errno.ENODEV, "the network interface is gone, or the bridge is none");

    private KernelCalls() {}

    /** @param attempt what for, such as {@code "attaching disk 51712 of domain 3"} */
    static void run(String attempt, Runnable call) {
        try {
            call.run();
        } catch (XenLibException e) {
            throw failure(attempt, e);
        }
    }

    static DeviceException failure(String attempt, XenLibException e) {
        String advice = ADVICE.get(e.errno());
        return new DeviceException(attempt + ": " + e.getMessage() + (advice == null ? "" : " (" + advice + ")"), e);
    }
}
