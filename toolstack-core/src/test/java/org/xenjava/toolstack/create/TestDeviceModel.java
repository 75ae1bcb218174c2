// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses.DeviceModelUser;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;

/** The device models of a host, which may be late or fail, and which record what they are asked to do. */
final class TestDeviceModel implements DeviceModelProcesses {
    private final DeviceModelProcesses host;
    private final List<String> events = new ArrayList<>();
    private final List<Path> removedSockets = new ArrayList<>();
    private final BooleanSupplier killed;
    private int searches;
    private boolean socketsStay;
    private Runnable atStart = () -> {};
    private UnaryOperator<Optional<ProcessPrivileges>> seen = UnaryOperator.identity();

    /** @param killed whether the process that asks is dead, so that it does nothing any more */
    TestDeviceModel(DeviceModelProcesses host, BooleanSupplier killed) {
        this.host = host;
        this.killed = killed;
    }

    /** What happened, such as {@code start 1}. */
    List<String> events() {
        return List.copyOf(events);
    }

    /** How often all processes of the host were searched. */
    int searches() {
        return searches;
    }

    /** Something that happens, or goes wrong, once one has started. */
    void atStart(Runnable what) {
        atStart = what;
    }

    /** Changes what can be seen of the rights of device models. */
    void privilegesSeen(UnaryOperator<Optional<ProcessPrivileges>> change) {
        seen = change;
    }

    @Override
    public Path program(Optional<Path> override) {
        return host.program(override);
    }

    @Override
    public Optional<String> trial(DeviceModelCommand command) {
        return host.trial(command);
    }

    @Override
    public Optional<String> identity(Path program) {
        return host.identity(program);
    }

    @Override
    public Optional<DeviceModelUser> user(String name) {
        return host.user(name);
    }

    @Override
    public void endAll(long uid) {
        host.endAll(uid);
    }

    @Override
    public DeviceModelProcess start(DeviceModelCommand command) {
        events.add("start " + command.domid());
        DeviceModelProcess process = new Recorded(host.start(command));
        atStart.run();
        return process;
    }

    @Override
    public List<DeviceModelProcess> all() {
        if (killed.getAsBoolean()) {
            throw new IllegalStateException("a dead process asks for device models");
        }
        searches++;
        return host.all().stream().<DeviceModelProcess>map(Recorded::new).toList();
    }

    @Override
    public Liveness liveness(String identity) {
        return host.liveness(identity);
    }

    @Override
    public void removeLeftovers(Collection<Path> files) {
        host.removeLeftovers(files);
    }

    @Override
    public void removeSilentSockets(Collection<Path> sockets) {
        if (socketsStay) {
            socketsStay = false;
            throw new DeviceModelException("a read-only directory");
        }
        removedSockets.addAll(sockets);
    }

    /** Lets the next removal of sockets fail. */
    void failToRemoveSockets() {
        socketsStay = true;
    }

    /** The sockets that were to be removed since the last call. */
    List<Path> removedSockets() {
        List<Path> removed = List.copyOf(removedSockets);
        removedSockets.clear();
        return removed;
    }

    private final class Recorded implements DeviceModelProcess {
        private final DeviceModelProcess process;

        Recorded(DeviceModelProcess process) {
            this.process = process;
        }

        @Override
        public int domid() {
            return process.domid();
        }

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public List<String> arguments() {
            return process.arguments();
        }

        @Override
        public Liveness liveness() {
            return process.liveness();
        }

        @Override
        public String identity() {
            return process.identity();
        }

        @Override
        public boolean isTrusted() {
            return process.isTrusted();
        }

        @Override
        public boolean hasMonitor() {
            return process.hasMonitor();
        }

        @Override
        public LocalConnection connect(Path socket) {
            return process.connect(socket);
        }

        @Override
        public Path createFile(Path directory, String prefix) throws IOException {
            return process.createFile(directory, prefix);
        }

        @Override
        public CompletableFuture<?> onExit() {
            return process.onExit();
        }

        @Override
        public Optional<ProcessPrivileges> privileges() {
            return seen.apply(process.privileges());
        }

        @Override
        public void terminate() {
            events.add("stop " + process.domid());
            process.terminate();
        }

        @Override
        public void kill() {
            process.kill();
        }
    }
}
