// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;

/**
 * Linux' functions for other processes that Java lacks: pidfds, and sockets that pass open files. Every failure is a
 * {@link XenLibException}. Implementations are safe to use from many threads.
 */
public interface HostProcesses {
    /**
     * Pins the process that has a PID now, by {@code pidfd_open(2)}.
     *
     * @param pid the PID
     * @return the pin, which the caller closes
     * @throws XenLibException ESRCH if no process has that PID; ENOSYS before Linux 5.3
     */
    ProcessPin pin(long pid);

    /**
     * Connects to a local stream socket.
     *
     * @param socket path of the socket
     * @return the connection, which the caller closes
     */
    LocalConnection connect(Path socket);
}
