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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * Recognizes QEMU processes in {@code proc(5)}: by their arguments, by the program that they really run, and by the user
 * that they really have. {@code /proc/PID}'s own owner is no evidence, since a process may make it root.
 */
final class ProcQemu {
    private static final Logger LOG = LoggerFactory.getLogger(ProcQemu.class);
    private static final Path PROC = Path.of("/proc");
    private static final int LOOKS = 50;
    private static final long BETWEEN_LOOKS_NANOS = 1_000_000;
    private static final int ROOT = 0;

    /** Below are users of the distribution and of people. */
    private static final long LEAST_UID = 65_536;

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

    /** Reads the arguments first: nearly every process of a host is no QEMU. */
    private Optional<DeviceModelProcess> qemu(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
        try {
            return QemuProcess.domidIn(arguments(process)) < 0 ? Optional.empty() : identified(process, pid);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Optional<DeviceModelProcess> identified(Path process, long pid) throws IOException {
        Optional<String> identity = ProcessIdentity.of(pid);
        List<String> arguments = arguments(process);
        int domid = QemuProcess.domidIn(arguments);
        if (domid < 0 || !runs(process, arguments.get(0))) {
            return Optional.empty();
        }
        boolean trusted = isTrusted(process, domid);
        // All of this was said of one process only if that process still has the PID.
        return identity.filter(same -> ProcessIdentity.of(pid).equals(Optional.of(same)))
                .map(same -> new RunningQemu(host, domid, pid, same, trusted, arguments));
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

    /** QEMU starts as root, or as our user in a test, and becomes a user that only its domain has. */
    private static boolean isTrusted(Path process, int domid) throws IOException {
        long ours = users(PROC.resolve("self"))[1];
        return Arrays.stream(users(process))
                .allMatch(user -> user == ROOT || user == ours || HostUsers.isReserved(user, domid));
    }

    /** Ends every process of the user, and looks again until there is none: one that ends may leave another. */
    void endAll(long uid) {
        if (uid < LEAST_UID) {
            throw new DeviceModelException("user " + uid + " of the host's own is no user that only one QEMU has");
        }
        for (int look = 0; look < LOOKS; look++) {
            List<Long> pids = pidsOf(uid);
            if (pids.isEmpty()) {
                return;
            }
            for (long pid : pids) {
                try (ProcessPin pin = host.pin(pid)) {
                    if (isOf(pid, uid)) {
                        pin.signal(RunningQemu.SIGKILL);
                    }
                } catch (XenLibException e) {
                    LOG.debug("process {} of user {}: {}", pid, uid, e.getMessage());
                }
            }
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS * LOOKS);
        }
        throw new DeviceModelException("processes of user " + uid + ", which QEMU had, cannot be ended");
    }

    private static List<Long> pidsOf(long uid) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            List<Long> pids = new ArrayList<>();
            for (Path process : processes) {
                long pid = Long.parseLong(process.getFileName().toString());
                if (isOf(pid, uid)) {
                    pids.add(pid);
                }
            }
            return pids;
        } catch (IOException e) {
            throw new DeviceModelException("the processes of this host cannot be listed: " + e.getMessage(), e);
        }
    }

    /** A process that has ended and waits for its parent does nothing any more. */
    private static boolean isOf(long pid, long uid) {
        Path process = PROC.resolve(Long.toString(pid));
        try {
            return Arrays.stream(users(process)).anyMatch(user -> user == uid)
                    && !words(process, "State").startsWith("Z");
        } catch (IOException e) {
            return false;
        }
    }

    /** The rights of a process; empty if it has ended or cannot be looked at. */
    static Optional<ProcessPrivileges> privileges(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
        try {
            return Optional.of(new ProcessPrivileges(
                    users(process)[1],
                    Long.parseUnsignedLong(words(process, "CapEff"), 16),
                    words(process, "NoNewPrivs").equals("1"),
                    Files.readSymbolicLink(process.resolve("root")).toString()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The real, effective, saved and file-system user. */
    private static long[] users(Path process) throws IOException {
        return Stream.of(words(process, "Uid").split("\\s+"))
                .mapToLong(Long::parseLong)
                .toArray();
    }

    /** What stands behind a name in the process's status. */
    private static String words(Path process, String name) throws IOException {
        for (String line : Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1)) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1).strip();
            }
        }
        throw new IOException(process + "/status has no " + name);
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
