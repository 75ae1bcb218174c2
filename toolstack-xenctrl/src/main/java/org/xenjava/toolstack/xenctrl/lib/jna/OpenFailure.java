// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.nio.file.Files;
import java.nio.file.Path;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Says why a library could not be opened on this machine, and what to do about it. */
final class OpenFailure {
    private static final Path ROOT = Path.of("/");
    private static final Path SOCKET = Path.of("/run/xenstored/socket");

    private OpenFailure() {}

    /**
     * A driver's device could not be opened.
     *
     * @param device such as {@code /dev/xen/privcmd}
     * @param module the Linux module that provides it
     */
    static XenAccessException ofDevice(String device, String module, Errno errno) {
        return ofDevice(device, module, errno, runsUnderXen(ROOT));
    }

    static XenAccessException ofDevice(String device, String module, Errno errno, boolean underXen) {
        String advice;
        if (errno.equals(Errno.EACCES) || errno.equals(Errno.EPERM)) {
            advice = "run as root; in a container, the device must be allowed too";
        } else if (!underXen) {
            advice = "this system does not run under Xen; boot the Xen hypervisor with this system as its dom0";
        } else if (errno.equals(Errno.ENOENT) || errno.equals(Errno.ENXIO) || errno.equals(Errno.ENODEV)) {
            advice = "load its driver with 'modprobe " + module + "'";
        } else {
            advice = "the kernel log may say why";
        }
        return new XenAccessException(
                "Cannot open " + device + " (" + errno + "): " + advice, new XenLibException("open", errno));
    }

    /** A guest's way to xenstored is missing. */
    static XenAccessException ofGuest(Path device, Errno errno) {
        return new XenAccessException(
                "Cannot open " + device + " (" + errno
                        + "): this is for a guest of Xen that is a driver domain; in such a"
                        + " guest, load the driver with 'modprobe xenfs'",
                new XenLibException("open", errno));
    }

    /** libxenstore failed to connect, or there is no socket at all. */
    static XenAccessException ofXenStore(Errno errno) {
        return ofXenStore(SOCKET, new XenLibException("xs_open", errno));
    }

    /** The connection through xenstored's socket failed. */
    static XenAccessException ofXenStore(Path socket, XenLibException failure) {
        Errno errno = failure.errno();
        String advice = errno.equals(Errno.EACCES) || errno.equals(Errno.EPERM)
                ? "run as root"
                : "start xenstored (Debian: 'service xen start'; with systemd: 'systemctl start xenstored')";
        return new XenAccessException(
                "Cannot connect to xenstored at " + socket + " (" + errno + "): " + advice, failure);
    }

    /**
     * Whether a domain of its own serves the store; then there is no socket, and init-xenstore-domain has left a pid
     * file all the same.
     */
    static boolean xenStoreRunsInADomain() {
        return Files.exists(Path.of("/run/xen/xenstored.pid")) || Files.exists(Path.of("/run/xenstored.pid"));
    }

    static boolean runsUnderXen(Path root) {
        return Files.exists(root.resolve("proc/xen")) || Files.exists(root.resolve("sys/hypervisor/properties"));
    }
}
