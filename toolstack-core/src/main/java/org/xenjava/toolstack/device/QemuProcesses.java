// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Finds QEMU processes by their arguments ({@code proc(5)}). No note of a PID is needed, so none can be missing: a
 * process that was started a moment before its toolstack was killed is found as well.
 */
final class QemuProcesses {
    private static final int LOOKS = 50;
    private static final long BETWEEN_LOOKS_NANOS = 1_000_000;

    private QemuProcesses() {}

    /** Those that serve the domain: one, or none. */
    static List<QemuProcess> of(int domid) {
        return all().stream().filter(process -> process.domid() == domid).toList();
    }

    /** Those of all domains, whoever started them. */
    static List<QemuProcess> all() {
        return ProcessHandle.allProcesses()
                .map(QemuProcesses::qemu)
                .flatMap(Optional::stream)
                .toList();
    }

    /** The handle is older than the look at the arguments, so that they are those of its process. */
    private static Optional<QemuProcess> qemu(ProcessHandle process) {
        List<String> arguments = arguments(process.pid());
        int domid = QemuProcess.domidIn(arguments);
        return domid < 0 || !process.isAlive()
                ? Optional.empty()
                : Optional.of(new QemuProcess(process, domid, arguments));
    }

    /**
     * Of a process that is gone, and of the kernel's, there are none. One that becomes another program, as setsid(1)
     * becomes QEMU, has none for a moment, and must not be overlooked.
     */
    private static List<String> arguments(long pid) {
        Path process = Path.of("/proc/" + pid);
        try {
            String line = commandLine(process);
            for (int look = 1; line.isEmpty() && look < LOOKS && runsAProgram(process); look++) {
                LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
                line = commandLine(process);
            }
            return Stream.of(line.split("\0")).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String commandLine(Path process) throws IOException {
        return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    }

    private static boolean runsAProgram(Path process) {
        try {
            Files.readSymbolicLink(process.resolve("exe"));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
