// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;

/**
 * Recognizes QEMU processes in {@code proc(5)}: by their arguments, by the program that they really run, and by the user
 * that they really have. {@code /proc/PID}'s own owner is no evidence, since a process may make it root.
 */
final class ProcQemu {
    private static final Path PROC = Path.of("/proc");
    private static final int LOOKS = 50;
    private static final long BETWEEN_LOOKS_NANOS = 1_000_000;
    private static final int ROOT = 0;
    private static final List<Path> SEARCH_PATH = Stream.of(
                    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
            .map(Path::of)
            .toList();

    /** What the kernel puts behind the path of a program that was replaced while it runs. */
    private static final String DELETED = " (deleted)";

    private final HostProcesses host;

    ProcQemu(HostProcesses host) {
        this.host = host;
    }

    /** All that can be seen from here. */
    List<DeviceModelProcess> all() {
        List<DeviceModelProcess> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                qemu(Long.parseLong(process.getFileName().toString())).ifPresent(found::add);
            }
        } catch (IOException e) {
            throw new DeviceModelException("the processes of this host cannot be listed: " + e.getMessage(), e);
        }
        return found;
    }

    private Optional<DeviceModelProcess> qemu(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
        Optional<String> identity = ProcessIdentity.of(pid);
        try {
            List<String> arguments = arguments(process);
            int domid = QemuProcess.domidIn(arguments);
            if (domid < 0 || !runs(process, arguments.get(0))) {
                return Optional.empty();
            }
            boolean trusted = isTrusted(process);
            // All of this was said of one process only if that process still has the PID.
            return identity.filter(same -> ProcessIdentity.of(pid).equals(Optional.of(same)))
                    .map(same -> new RunningQemu(host, domid, pid, same, trusted, arguments));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether the process runs the program that its first argument names; a process may write what it likes there. */
    private static boolean runs(Path process, String name) throws IOException {
        String program = Files.readSymbolicLink(process.resolve("exe")).toString();
        Path running = Path.of(
                program.endsWith(DELETED) ? program.substring(0, program.length() - DELETED.length()) : program);
        return candidates(name).anyMatch(named -> named.equals(running) || isLinkTo(named, running));
    }

    /** A name without a directory was found in the search path. */
    private static Stream<Path> candidates(String name) {
        return name.contains("/")
                ? Stream.of(Path.of(name))
                : SEARCH_PATH.stream().map(directory -> directory.resolve(name));
    }

    private static boolean isLinkTo(Path named, Path running) {
        try {
            return named.toRealPath().equals(running);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isTrusted(Path process) throws IOException {
        int ours = users(PROC.resolve("self"))[1];
        return Arrays.stream(users(process)).allMatch(user -> user == ROOT || user == ours);
    }

    /** The real, effective, saved and file-system user. */
    private static int[] users(Path process) throws IOException {
        return Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1).stream()
                .filter(line -> line.startsWith("Uid:"))
                .flatMap(line -> Stream.of(line.split("\\s+")).skip(1))
                .mapToInt(Integer::parseUnsignedInt)
                .toArray();
    }

    /**
     * A process that is gone and one of the kernel's have none. One that becomes another program, as setsid(1) becomes
     * QEMU, has none for a moment, and must not be overlooked.
     */
    private static List<String> arguments(Path process) throws IOException {
        String line = commandLine(process);
        for (int look = 1; line.isEmpty() && look < LOOKS && runsAProgram(process); look++) {
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
            line = commandLine(process);
        }
        return Stream.of(line.split("\0")).toList();
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
