// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.List;

/**
 * Linux' functions for other processes that Java lacks: pidfds, sockets that pass open files, and starts in a session. Every failure is a
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

    /**
     * Starts a program, and another one that reads what it prints. Each is in a session of its own, and has no other open file
     * of this process. The program's input is empty, and what the reader prints is dropped. Programs are found as by execvp(3).
     *
     * @param program the program's words
     * @param variable {@code NAME=VALUE}, set for the program beside the environment of this process
     * @param reader the reader's words
     * @return the program's PID
     * @throws XenLibException ENOSYS if the C library has no {@code posix_spawn_file_actions_addclosefrom_np}, as glibc before
     *     2.34; ENOENT if there is no such program
     */
    long startPiped(List<String> program, String variable, List<String> reader);
}
