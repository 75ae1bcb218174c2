// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of a QEMU. A guest can make QEMU log without end, so the log is bounded: QEMU writes into a pipe, and a small
 * process of its own, a shell with dd(1), keeps the last one to two MiB in two files. The writer lives on when the
 * toolstack ends, and ends with QEMU. QEMU goes on if the writer is killed, since QEMU ignores SIGPIPE.
 */
final class QemuLog {
    private static final Logger LOG = LoggerFactory.getLogger(QemuLog.class);

    /**
     * A file takes 256 blocks of at most 4 KiB: dd writes each block as QEMU writes it. The next file is begun when there
     * is something to write, so that the end of the log is in the first file. Behind a failure, such as a full disk, the
     * rest is read and dropped.
     */
    private static final String WRITER =
            """
            dd bs=4096 count=256 >>"$1"
            while dd bs=4096 count=1 >"$1.next" && [ -s "$1.next" ]; do
                mv -f "$1" "$1.1" && mv -f "$1.next" "$1" && dd bs=4096 count=255 >>"$1" || break
            done
            rm -f "$1.next"
            exec cat >/dev/null
            """;

    private static final int TAIL_BYTES = 2000;
    private static final int LOOKS = 20;
    private static final long BETWEEN_LOOKS_NANOS = 50_000_000;

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path file;

    QemuLog(Path file) {
        this.file = file;
    }

    /** Begins an empty file; the log of the guest before is kept beside it, with {@code .1} behind its name. */
    void begin() throws IOException {
        Files.createDirectories(file.getParent());
        try {
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is the first of its name", file);
        }
        Files.createFile(file, OWNER_ONLY);
    }

    /** The process that reads the pipe, to be started in a session of its own so that no terminal ends it. */
    List<String> writer() {
        return List.of("sh", "-c", "umask 077\n" + WRITER, "qemu-log", file.toString());
    }

    /**
     * {@return the last lines of a QEMU that has ended}
     * The writer may be a moment behind: waits until the file has something and does not grow.
     */
    static String end(Path file) throws IOException {
        long size = Files.size(file);
        for (int look = 0; look < LOOKS; look++) {
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
            long now = Files.size(file);
            if (now > 0 && now == size) {
                break;
            }
            size = now;
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            log.seek(Math.max(0, log.length() - TAIL_BYTES));
            byte[] tail = new byte[(int) Math.min(TAIL_BYTES, log.length() - log.getFilePointer())];
            log.readFully(tail);
            return new String(tail, StandardCharsets.UTF_8).strip();
        }
    }
}
