// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.userdata;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.xenjava.toolstack.error.DomainFileException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.xenctrl.lib.AdvisoryLocks;
import org.xenjava.toolstack.xenctrl.lib.AdvisoryLocks.Held;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * libxl's lock around each read and write of a domain's files. The file of the lock exists while somebody holds it or
 * waits for it: whoever has locked a file that is no longer at the path has locked nothing, and tries again.
 */
final class UserdataLock {
    /** libxl waits without limit; a holder works for milliseconds. */
    static final Duration LIMIT = Duration.ofSeconds(30);

    private static final Duration POLL_EVERY = Duration.ofMillis(20);

    private final AdvisoryLocks locks;
    private final Consumer<Duration> pause;

    /** @param pause waits between two tries */
    UserdataLock(AdvisoryLocks locks, Consumer<Duration> pause) {
        this.locks = locks;
        this.pause = pause;
    }

    /**
     * Runs {@code work} under the lock.
     *
     * @throws OperationTimeoutException if another process holds the lock for too long
     */
    <T> T locked(Path file, Supplier<T> work) {
        Held held = take(file);
        try {
            return work.get();
        } finally {
            release(file, held);
        }
    }

    private Held take(Path file) {
        for (Duration waited = Duration.ZERO; waited.compareTo(LIMIT) < 0; waited = waited.plus(POLL_EVERY)) {
            Optional<Held> held = tryLock(file);
            if (held.isPresent()) {
                return held.get();
            }
            pause.accept(POLL_EVERY);
        }
        throw OperationTimeoutException.after("locking " + file + ": another process did not release it", LIMIT, "");
    }

    private Optional<Held> tryLock(Path file) {
        try {
            Files.newByteChannel(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)
                    .close();
            Optional<Held> held = locks.tryLock(file);
            if (held.isPresent() && !held.get().isOf(file)) {
                held.get().close();
                return Optional.empty();
            }
            return held;
        } catch (IOException e) {
            throw new DomainFileException("locking " + file + ": " + e, e);
        } catch (XenLibException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Removed before it is unlocked: the next holder finds that its file is not at the path. */
    private static void release(Path file, Held held) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new DomainFileException("unlocking " + file + ": " + e, e);
        } finally {
            held.close();
        }
    }
}
