// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Locks of files by {@code flock(2)}, as libxl takes them. {@link java.nio.channels.FileChannel#lock} takes record locks of
 * {@code fcntl(2)}, which do not exclude them.
 */
public interface AdvisoryLocks {

    /**
     * Opens a file and locks it exclusively. A second lock of the same file fails, also within one process.
     *
     * @param file an existing file
     * @return the lock; empty if another holder has it
     * @throws XenLibException if the file cannot be opened or locked
     */
    Optional<Held> tryLock(Path file);

    /** A lock that is held until it is closed. */
    interface Held extends AutoCloseable {

        /**
         * {@return whether the path still leads to the locked file, which another process may have removed}
         *
         * @param file the path
         */
        boolean isOf(Path file);

        @Override
        void close();
    }
}
