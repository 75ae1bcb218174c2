// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.time.Duration;

/** A connection to a local stream socket. For one thread at a time. */
public interface LocalConnection extends AutoCloseable {
    /**
     * Sends bytes without waiting.
     *
     * @throws XenLibException EAGAIN if the peer does not read
     */
    void send(byte[] bytes);

    /**
     * Sends bytes together with a file, which the receiver gets open, whatever it may open itself.
     *
     * @param file an absolute path; symbolic links are followed
     * @throws XenLibException if the file cannot be opened, or EAGAIN if the peer does not read
     */
    void send(byte[] bytes, Path file, FileAccess access);

    /**
     * Receives bytes, and waits for the first one.
     *
     * @param buffer takes the bytes
     * @return how many bytes have come; 0 if none came in time, -1 if the peer has closed the connection
     */
    int receive(byte[] buffer, Duration timeout);

    @Override
    void close();

    /** How a file is opened for another process. */
    enum FileAccess {
        READ_ONLY,
        WRITE_ONLY
    }
}
