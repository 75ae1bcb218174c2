// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses.DeviceModelUser;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * QEMU processes of this machine. They are found in {@code proc(5)}, so that a process that was started a moment before
 * its toolstack was killed is found as well.
 */
public final class QemuProcesses implements DeviceModelProcesses {
    private static final Logger LOG = LoggerFactory.getLogger(QemuProcesses.class);

    private static final String QUIT = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";
    private static final String DOMAIN_VARIABLE = "XEN_DOMAIN_ID";
    private static final String SETSID = "setsid";
    private static final Duration TRIAL_LIMIT = Duration.ofMinutes(1);
    /** The type of a file in its mode, and that of a socket: stat(2). */
    private static final int FILE_TYPE = 0xF000;

    private static final int SOCKET = 0xC000;
    private static final Path OPEN_SOCKETS = Path.of("/proc/net/unix");
    private static final int MOST_OUTPUT = 1 << 16;

    static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final QemuBinary binary;
    private final HostProcesses host;
    private final ProcQemu running;

    private QemuProcesses(QemuBinary binary, HostProcesses host) {
        this.binary = binary;
        this.host = host;
        this.running = new ProcQemu(host);
    }

    /**
     * Of this machine.
     *
     * @param prefix the prefix of a Xen that was installed from source
     * @param host the machine's processes
     */
    public static QemuProcesses installed(Optional<Path> prefix, HostProcesses host) {
        return new QemuProcesses(QemuBinary.installed(prefix), host);
    }

    /** The processes with the QEMU below another root directory. */
    static QemuProcesses below(Path root, HostProcesses host) {
        return new QemuProcesses(QemuBinary.below(root), host);
    }

    @Override
    public Path program(Optional<Path> override) {
        return binary.find(override);
    }

    @Override
    public DeviceModelProcess start(DeviceModelCommand command) {
        try {
            for (Path socket : command.sockets()) {
                Files.createDirectories(socket.getParent());
            }
            removeLeftovers(command.sockets());
            command.root().ifPresent(QemuProcesses::makeEmpty);
            QemuLog log = new QemuLog(command.log());
            log.begin();
            long pid = start(command, log.writer());
            DeviceModelProcess started = started(pid, command);
            neverWaitForTheLog(pid);
            return started;
        } catch (IOException | XenLibException e) {
            throw new DeviceModelException("QEMU cannot be started: " + e.getMessage(), e);
        }
    }

    private long start(DeviceModelCommand command, List<String> writer) throws IOException {
        String domid = Integer.toString(command.domid());
        try {
            return host.startPiped(words(command), DOMAIN_VARIABLE + "=" + domid, writer);
        } catch (XenLibException e) {
            if (!e.errno().equals(Errno.ENOSYS)) {
                throw e;
            }
            LOG.debug("setsid(1) starts QEMU: {}", e.getMessage());
            return startBySetsid(command, domid, writer);
        }
    }

    /** setsid(1) execs QEMU with the same PID, because our child is not the leader of a process group. */
    private static long startBySetsid(DeviceModelCommand command, String domid, List<String> writer)
            throws IOException {
        ProcessBuilder qemu = new ProcessBuilder(words(command, SETSID))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true);
        qemu.environment().put(DOMAIN_VARIABLE, domid);
        List<String> reader = new ArrayList<>(List.of(SETSID));
        reader.addAll(writer);
        ProcessBuilder log = new ProcessBuilder(reader)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        return ProcessBuilder.startPipeline(List.of(qemu, log)).get(0).pid();
    }

    private static List<String> words(DeviceModelCommand command, String... before) {
        List<String> words = new ArrayList<>(List.of(before));
        words.addAll(command.launcher());
        words.add(command.program().toString());
        words.addAll(command.arguments());
        return words;
    }

    /** Nobody but root looks into it, and QEMU not even there. */
    private static void makeEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
            Files.createDirectory(directory, OWNER_ONLY);
        } catch (IOException e) {
            throw new DeviceModelException(
                    "the empty directory " + directory + " for QEMU cannot be made: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<String> trial(DeviceModelCommand command) {
        try {
            for (Path socket : command.sockets()) {
                Files.createDirectories(socket.getParent());
            }
            command.root().ifPresent(QemuProcesses::makeEmpty);
            Process process =
                    new ProcessBuilder(words(command)).redirectErrorStream(true).start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(QUIT.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                LOG.debug("{} ended before it was asked to: {}", command.program(), e.getMessage());
            }
            boolean ended = process.waitFor(TRIAL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly();
                return Optional.of("it did not end within " + TRIAL_LIMIT.toSeconds() + " s");
            }
            return process.exitValue() == 0 ? Optional.empty() : Optional.of(lastLine(process));
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("the trial start of " + command.program() + " was interrupted", e);
        } finally {
            removeLeftovers(command.sockets());
            command.root().ifPresent(root -> removeLeftovers(List.of(root)));
        }
    }

    /** Of a program that has ended: what it printed is in the pipe. */
    private static String lastLine(Process process) throws IOException {
        try (InputStream out = process.getInputStream()) {
            String text = new String(out.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8).strip();
            return QmpAnswer.shown(text.substring(text.lastIndexOf('\n') + 1));
        }
    }

    @Override
    public Optional<String> identity(Path program) {
        try {
            Map<String, Object> file = Files.readAttributes(program, "unix:dev,ino,size,lastModifiedTime");
            return Optional.of(file.get("dev") + ":" + file.get("ino") + ":" + file.get("size") + ":"
                    + file.get("lastModifiedTime"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<DeviceModelUser> user(String name) {
        return HostUsers.find(name);
    }

    @Override
    public void endAll(long uid) {
        running.endAll(uid);
    }

    private DeviceModelProcess started(long pid, DeviceModelCommand command) {
        Optional<String> identity = ProcessIdentity.of(pid);
        RunningQemu started = new RunningQemu(
                host,
                command.domid(),
                pid,
                identity.orElseGet(() -> ProcessIdentity.ended(pid)),
                true,
                command.arguments());
        if (identity.isEmpty() && !hasEnded(pid)) {
            throw new DeviceModelException("QEMU was started and ended again: /proc/" + pid
                    + " cannot be read, so that QEMU could not be told from another process later");
        }
        return started;
    }

    /** Whether a child whose entry in proc(5) cannot be read has ended; one that has not is killed. */
    private boolean hasEnded(long pid) {
        try (ProcessPin pin = host.pin(pid)) {
            pin.signal(RunningQemu.SIGKILL);
            return false;
        } catch (XenLibException e) {
            return e.errno().equals(Errno.ESRCH);
        }
    }

    /** A writer of the log that hangs would stop QEMU once the pipe is full. */
    private void neverWaitForTheLog(long pid) {
        try (ProcessPin pin = host.pin(pid)) {
            pin.dropOutputWhenFull();
        } catch (XenLibException e) {
            LOG.debug("process {} waits for the writer of its log: {}", pid, e.getMessage());
        }
    }

    @Override
    public void removeLeftovers(Collection<Path> files) {
        for (Path file : files) {
            try {
                removeContent(file);
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new DeviceModelException("QEMU's " + file + " cannot be removed: " + e.getMessage(), e);
            }
        }
    }

    private static void removeContent(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> content = Files.newDirectoryStream(directory)) {
                for (Path file : content) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    @Override
    public void removeSilentSockets(Collection<Path> sockets) {
        List<Path> left = sockets.stream().filter(QemuProcesses::isSocket).toList();
        if (!left.isEmpty()) {
            Set<String> open = openSockets();
            removeLeftovers(left.stream()
                    .filter(socket -> !open.contains(socket.toString()))
                    .toList());
        }
    }

    private static boolean isSocket(Path path) {
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return path.isAbsolute() && (mode & FILE_TYPE) == SOCKET;
        } catch (IOException e) {
            return false;
        }
    }

    /** The paths of the sockets on which a process listens: the last column, see proc(5). A connection would show in a guest. */
    private static Set<String> openSockets() {
        try (Stream<String> lines = Files.lines(OPEN_SOCKETS, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.contains(" /"))
                    .map(line -> line.substring(line.indexOf(" /") + 1))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new DeviceModelException("the open sockets cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public List<DeviceModelProcess> all() {
        return running.all();
    }

    @Override
    public Liveness liveness(String identity) {
        return ProcessIdentity.ofProc().liveness(identity);
    }
}
