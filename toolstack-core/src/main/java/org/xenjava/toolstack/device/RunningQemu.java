// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * A QEMU process of this machine. Signals and the wait for its end go through a pidfd, so that a recycled PID is never
 * taken for it; a kernel without pidfds is polled instead.
 */
record RunningQemu(HostProcesses host, int domid, long pid, String identity, boolean isTrusted, List<String> arguments)
        implements DeviceModelProcess {
    private static final Logger LOG = LoggerFactory.getLogger(RunningQemu.class);

    static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    @Override
    public Liveness liveness() {
        return ProcessIdentity.ofProc().liveness(identity);
    }

    @Override
    public boolean hasMonitor() {
        return true;
    }

    @Override
    public LocalConnection connect(Path socket) {
        return host.connect(socket);
    }

    @Override
    public Path createFile(Path directory, String prefix) throws IOException {
        return Files.createTempFile(Files.createDirectories(directory, QemuProcesses.OWNER_ONLY), prefix, ".qemu");
    }

    @Override
    public CompletableFuture<?> onExit() {
        CompletableFuture<RunningQemu> exit = new CompletableFuture<>();
        try {
            ProcessPin pin = host.pin(pid);
            // The pin is older than this look: it holds the process of that identity, or another one.
            if (liveness() == Liveness.DEAD) {
                pin.close();
                exit.complete(this);
                return exit;
            }
            Thread thread = new Thread(() -> awaitExit(pin, exit), "qemu-exit-" + domid);
            thread.setDaemon(true);
            thread.start();
            return exit;
        } catch (XenLibException e) {
            return e.errno().equals(Errno.ESRCH) ? CompletableFuture.completedFuture(this) : polled(e);
        }
    }

    private void awaitExit(ProcessPin pin, CompletableFuture<RunningQemu> exit) {
        try (pin) {
            pin.awaitExit();
            exit.complete(this);
        } catch (RuntimeException e) {
            exit.completeExceptionally(e);
        }
    }

    /** Java looks at a process that is not its child every second at least. */
    private CompletableFuture<?> polled(XenLibException reason) {
        LOG.debug("{}: the end of process {} is polled for", reason.getMessage(), pid);
        return ProcessHandle.of(pid)
                .filter(handle -> liveness() != Liveness.DEAD)
                .<CompletableFuture<?>>map(ProcessHandle::onExit)
                .orElseGet(() -> CompletableFuture.completedFuture(this));
    }

    @Override
    public Optional<ProcessPrivileges> privileges() {
        return ProcQemu.privileges(pid).filter(seen -> liveness() == Liveness.ALIVE);
    }

    @Override
    public void terminate() {
        signal(SIGTERM);
    }

    @Override
    public void kill() {
        signal(SIGKILL);
    }

    private void signal(int signal) {
        try (ProcessPin pin = host.pin(pid)) {
            if (liveness() != Liveness.DEAD) {
                pin.signal(signal);
            }
        } catch (XenLibException e) {
            if (!e.errno().equals(Errno.ESRCH)) {
                signalByPid(signal, e);
            }
        }
    }

    private void signalByPid(int signal, XenLibException reason) {
        LOG.debug("{}: process {} is signalled by its PID", reason.getMessage(), pid);
        ProcessHandle.of(pid).filter(handle -> liveness() != Liveness.DEAD).ifPresent(handle -> {
            if (signal == SIGKILL) {
                handle.destroyForcibly();
            } else {
                handle.destroy();
            }
        });
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RunningQemu that && identity.equals(that.identity);
    }

    @Override
    public int hashCode() {
        return identity.hashCode();
    }
}
