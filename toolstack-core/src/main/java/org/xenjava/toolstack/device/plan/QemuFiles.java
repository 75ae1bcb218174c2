// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.List;

/**
 * The directories of a QEMU process's files.
 *
 * @param run directory of its sockets
 * @param log directory of its log
 */
public record QemuFiles(Path run, Path log) {
    /** libxl's directories. */
    public static final QemuFiles STANDARD = new QemuFiles(Path.of("/var/run/xen"), Path.of("/var/log/xen"));

    /** The socket that libxl uses, so that {@code xl} finds our guests' QEMU. */
    public Path libxlSocket(int domid) {
        return run.resolve("qmp-libxl-" + domid);
    }

    /** The socket that {@code xentop} uses. */
    public Path xenstatSocket(int domid) {
        return run.resolve("qmp-libxenstat-" + domid);
    }

    /** The socket that this library uses. A socket serves one client at a time, so a hanging xl does not block it. */
    public Path ownSocket(int domid) {
        return run.resolve("qmp-xenjava-" + domid);
    }

    /** QEMU's log for the guest of that name, which has no {@code /}. */
    public Path logOf(String name) {
        return log.resolve("qemu-dm-" + name + ".log");
    }

    /** The empty root directory of a domain's QEMU. */
    public Path root(int domid) {
        return run.resolve("qemu-root-" + domid);
    }

    /**
     * The directory of files that a domain's QEMU gets as open files, such as the state of its devices.
     *
     * @param socket a socket of that QEMU
     */
    public static Path temporary(Path socket, int domid) {
        return socket.resolveSibling("xenjava-files-" + domid);
    }

    /** The empty root directory of a trial start. */
    public Path trialRoot() {
        return run.resolve("qemu-root-trial");
    }

    /** The socket of a trial start. */
    public Path trialSocket() {
        return run.resolve("qemu-trial-vnc");
    }

    /** What trial starts showed. */
    public Path trials() {
        return run.resolve("xenjava-qemu-trials");
    }

    /** All sockets and directories of a domain's QEMU. */
    public List<Path> leftovers(int domid) {
        return List.of(
                libxlSocket(domid),
                xenstatSocket(domid),
                ownSocket(domid),
                root(domid),
                temporary(ownSocket(domid), domid));
    }

    /** All sockets of a domain's QEMU. */
    public List<Path> sockets(int domid) {
        return List.of(libxlSocket(domid), xenstatSocket(domid), ownSocket(domid));
    }
}
