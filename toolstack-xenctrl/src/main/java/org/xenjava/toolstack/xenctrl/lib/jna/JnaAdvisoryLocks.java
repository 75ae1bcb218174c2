// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.AdvisoryLocks;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** {@code flock(2)} on this machine. */
public final class JnaAdvisoryLocks implements AdvisoryLocks {
    /** {@code LOCK_EX | LOCK_NB}. */
    private static final int EXCLUSIVE_NOW = 6;

    private JnaAdvisoryLocks() {}

    /**
     * {@return the locks of this machine}
     *
     * @throws org.xenjava.toolstack.xenctrl.lib.XenAccessException if JNA does not work here
     */
    public static AdvisoryLocks open() {
        SharedLibrary.loadLibc();
        return new JnaAdvisoryLocks();
    }

    @Override
    public Optional<Held> tryLock(Path file) {
        FileDescriptor descriptor = FileDescriptor.open(file.toString(), FileDescriptor.READ_WRITE);
        if (LibC.flock(descriptor.number(), EXCLUSIVE_NOW) == 0) {
            return Optional.of(new Lock(descriptor));
        }
        Errno errno = Result.lastErrno();
        descriptor.close();
        if (errno.equals(Errno.EAGAIN)) {
            return Optional.empty();
        }
        throw new XenLibException("flock " + file, errno);
    }

    private record Lock(FileDescriptor descriptor) implements Held {
        @Override
        public boolean isOf(Path file) {
            try {
                return Files.isSameFile(file, Path.of("/proc/self/fd/" + descriptor.number()));
            } catch (IOException gone) {
                return false;
            }
        }

        @Override
        public void close() {
            descriptor.close();
        }
    }
}
