// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;

/**
 * QEMU processes of this machine. They are found by their arguments ({@code proc(5)}), so that a process that was
 * started a moment before its toolstack was killed is found as well; a process of another user than root and ours is
 * none, whatever its arguments say.
 */
public final class QemuProcesses implements DeviceModelProcesses {
    private static final Logger LOG = LoggerFactory.getLogger(QemuProcesses.class);
    private static final Path PROC = Path.of("/proc");
    private static final int LOOKS = 50;
    private static final long BETWEEN_LOOKS_NANOS = 1_000_000;
    private static final int ROOT = 0;

    private final QemuBinary binary;

    private QemuProcesses(QemuBinary binary) {
        this.binary = binary;
    }

    /** Of this machine. */
    public static QemuProcesses installed() {
        return new QemuProcesses(QemuBinary.installed());
    }

    /** With the QEMU of a machine whose root directory is somewhere else. */
    static QemuProcesses below(Path root) {
        return new QemuProcesses(QemuBinary.below(root));
    }

    /** A process of this machine; its handle knows when it was started, so that a recycled PID is never taken for it. */
    private record Running(ProcessHandle handle, int domid, List<String> arguments) implements DeviceModelProcess {
        @Override
        public long pid() {
            return handle.pid();
        }

        @Override
        public boolean isAlive() {
            return handle.isAlive();
        }

        @Override
        public boolean hasMonitor() {
            return true;
        }

        @Override
        public CompletableFuture<?> onExit() {
            return handle.onExit();
        }

        @Override
        public void terminate() {
            handle.destroy();
        }

        @Override
        public void kill() {
            handle.destroyForcibly();
        }
    }

    @Override
    public Path program(Optional<Path> override) {
        return binary.find(override);
    }

    @Override
    public DeviceModelProcess start(DeviceModelCommand command) {
        // setsid(1) becomes QEMU, with the same PID: a child of ours is no process group's leader.
        List<String> words = new ArrayList<>(List.of("setsid", command.program().toString()));
        words.addAll(command.arguments());
        Path log = command.log();
        try {
            for (Path socket : command.sockets()) {
                Files.createDirectories(socket.getParent());
            }
            removeSockets(command.sockets());
            Files.createDirectories(log.getParent());
            keepFormer(log, log.resolveSibling(log.getFileName() + ".1"));
            ProcessBuilder builder = new ProcessBuilder(words)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("XEN_DOMAIN_ID", Integer.toString(command.domid()));
            return new Running(builder.start().toHandle(), command.domid(), words.subList(1, words.size()));
        } catch (IOException e) {
            throw new DeviceModelException("QEMU cannot be started: " + e.getMessage(), e);
        }
    }

    private static void keepFormer(Path log, Path former) throws IOException {
        try {
            Files.move(log, former, StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is the first of its name", log);
        }
    }

    @Override
    public void removeSockets(Collection<Path> sockets) {
        for (Path socket : sockets) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                throw new DeviceModelException("QEMU's socket " + socket + " cannot be removed: " + e.getMessage(), e);
            }
        }
    }

    @Override
    public List<DeviceModelProcess> all() {
        return ProcessHandle.allProcesses()
                .map(QemuProcesses::qemu)
                .flatMap(Optional::stream)
                .toList();
    }

    /** The handle is older than the look at the arguments, so that they are those of its process. */
    private static Optional<DeviceModelProcess> qemu(ProcessHandle process) {
        List<String> arguments = arguments(process.pid());
        int domid = QemuProcess.domidIn(arguments);
        return domid < 0 || !isOfOurUsers(process.pid()) || !process.isAlive()
                ? Optional.empty()
                : Optional.of(new Running(process, domid, arguments));
    }

    /** Anybody can start a program with the arguments of QEMU. */
    private static boolean isOfOurUsers(long pid) {
        try {
            Object owner = Files.getAttribute(PROC.resolve(Long.toString(pid)), "unix:uid");
            Object ours = Files.getAttribute(PROC.resolve("self"), "unix:uid");
            return owner.equals(ROOT) || owner.equals(ours);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Of a process that is gone, and of the kernel's, there are none. One that becomes another program, as setsid(1)
     * becomes QEMU, has none for a moment, and must not be overlooked.
     */
    private static List<String> arguments(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
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
