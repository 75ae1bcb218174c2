// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
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
     * @param host the machine's processes
     */
    public static QemuProcesses installed(HostProcesses host) {
        return new QemuProcesses(QemuBinary.installed(), host);
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
        // setsid(1) execs QEMU with the same PID, because our child is not the leader of a process group.
        List<String> words = new ArrayList<>(List.of("setsid", command.program().toString()));
        words.addAll(command.arguments());
        try {
            for (Path socket : command.sockets()) {
                Files.createDirectories(socket.getParent());
            }
            removeSockets(command.sockets());
            QemuLog log = new QemuLog(command.log());
            log.begin();
            ProcessBuilder qemu = new ProcessBuilder(words)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true);
            qemu.environment().put("XEN_DOMAIN_ID", Integer.toString(command.domid()));
            Process process =
                    ProcessBuilder.startPipeline(List.of(qemu, log.writer())).get(0);
            DeviceModelProcess started = started(process, command);
            neverWaitForTheLog(process.pid());
            return started;
        } catch (IOException e) {
            throw new DeviceModelException("QEMU cannot be started: " + e.getMessage(), e);
        }
    }

    private DeviceModelProcess started(Process process, DeviceModelCommand command) {
        Optional<String> identity = ProcessIdentity.of(process.pid());
        if (identity.isEmpty() && process.isAlive()) {
            process.destroyForcibly();
            throw new DeviceModelException("QEMU was started and ended again: /proc/" + process.pid()
                    + " cannot be read, so that QEMU could not be told from another process later");
        }
        return new RunningQemu(
                host,
                command.domid(),
                process.pid(),
                identity.orElseGet(() -> ProcessIdentity.ended(process.pid())),
                true,
                command.arguments());
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
        return running.all();
    }

    @Override
    public Liveness liveness(String identity) {
        return ProcessIdentity.ofProc().liveness(identity);
    }
}
