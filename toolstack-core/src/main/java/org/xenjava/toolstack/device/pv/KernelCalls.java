// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.Map;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Translates refusals of dom0's kernel into failures of the device. */
final class KernelCalls {
    private static final Map<Errno, String> ADVICE = Map.of(
            Errno.EACCES, "run as root in the control domain, and check the permissions of the image",
            Errno.EPERM, "run as root in the control domain",
            Errno.EROFS, "the image is on a read-only file system",
            Errno.ENOENT, "check that the file exists and that the module 'loop' is loaded",
            Errno.ENODEV, "the network interface is gone, or the bridge is not a bridge");

    private KernelCalls() {}

    /** @param attempt beginning of the message, such as {@code "attaching disk 51712 of domain 3"} */
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
