// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/** One process, pinned: whatever is asked of the pin never reaches another process that has the PID later. */
public interface ProcessPin extends AutoCloseable {
    /** Blocks until the process has ended, whoever its parent is. */
    void awaitExit();

    /**
     * Sends a signal; nothing happens if the process has ended.
     *
     * @param signal the number of the signal
     */
    void signal(int signal);

    /**
     * Makes the process's standard output drop what its reader does not take in time, instead of blocking the process:
     * {@code O_NONBLOCK} on the open file, by {@code pidfd_getfd(2)}.
     *
     * @throws XenLibException ENOSYS before Linux 5.6
     */
    void dropOutputWhenFull();

    @Override
    void close();
}
