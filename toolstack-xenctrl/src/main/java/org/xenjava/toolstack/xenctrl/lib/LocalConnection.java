// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.time.Duration;

/** A connection to a local stream socket. Used by one thread at a time. */
public interface LocalConnection extends AutoCloseable {
    /**
     * Sends bytes without waiting.
     *
     * @param bytes the bytes to send
     * @throws XenLibException EAGAIN if the peer does not read
     */
    void send(byte[] bytes);

    /**
     * Sends bytes together with an open file, which the receiver can use without the right to open it.
     *
     * @param bytes the bytes to send
     * @param file an absolute path; symbolic links are followed
     * @param access the access to the file
     * @throws XenLibException if the file cannot be opened, or EAGAIN if the peer does not read
     */
    void send(byte[] bytes, Path file, FileAccess access);

    /**
     * Waits for bytes and receives them.
     *
     * @param buffer takes the bytes
     * @param timeout the longest time to wait for the first byte
     * @return number of bytes; 0 if the timeout expired, -1 if the peer has closed the connection
     */
    int receive(byte[] buffer, Duration timeout);

    @Override
    void close();

    /** The access with which a file is opened for another process. */
    enum FileAccess {
        /** The process may read the file. */
        READ_ONLY,
        /** The process may write the file. */
        WRITE_ONLY,
        /** The process may read and write the file. */
        READ_WRITE
    }
}
