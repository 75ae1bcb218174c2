// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a QEMU process has its files.
 *
 * @param run directory of its sockets
 * @param log directory of its log
 */
public record QemuFiles(Path run, Path log) {
    /** libxl's places. */
    public static final QemuFiles STANDARD = new QemuFiles(Path.of("/var/run/xen"), Path.of("/var/log/xen"));

    /** The socket that libxl speaks to: {@code xl} finds our guests' QEMU there. */
    public Path libxlSocket(int domid) {
        return run.resolve("qmp-libxl-" + domid);
    }

    /** The socket that {@code xentop} speaks to. */
    public Path xenstatSocket(int domid) {
        return run.resolve("qmp-libxenstat-" + domid);
    }

    /** The socket that we speak to. A socket serves one client at a time, so that a stuck one of xl's is not ours. */
    public Path ownSocket(int domid) {
        return run.resolve("qmp-xenjava-" + domid);
    }

    /** What QEMU says of the guest of that name. A name has no {@code /}. */
    public Path logOf(String name) {
        return log.resolve("qemu-dm-" + name + ".log");
    }

    /** All sockets of a domain's QEMU. */
    public List<Path> sockets(int domid) {
        return List.of(libxlSocket(domid), xenstatSocket(domid), ownSocket(domid));
    }
}
