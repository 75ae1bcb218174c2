// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;

/** Device models whose monitors get every command through a {@link FaultInjection}. */
record FaultyDeviceModels(DeviceModelProcesses below, FaultInjection faults) implements DeviceModelProcesses {
    private static final String PREFIX = "qmp_";
    private static final Pattern COMMAND = Pattern.compile("\"execute\":\"([a-z_-]+)\"");

    /** One process. */
    private record Process(DeviceModelProcess below, FaultInjection faults) implements DeviceModelProcess {
        @Override
        public int domid() {
            return below.domid();
        }

        @Override
        public long pid() {
            return below.pid();
        }

        @Override
        public List<String> arguments() {
            return below.arguments();
        }

        @Override
        public Liveness liveness() {
            return below.liveness();
        }

        @Override
        public String identity() {
            return below.identity();
        }

        @Override
        public boolean isTrusted() {
            return below.isTrusted();
        }

        @Override
        public boolean hasMonitor() {
            return below.hasMonitor();
        }

        @Override
        public LocalConnection connect(Path socket) {
            return new Monitor(below.connect(socket), faults);
        }

        @Override
        public Path createFile(Path directory, String prefix) throws IOException {
            return below.createFile(directory, prefix);
        }

        @Override
        public CompletableFuture<?> onExit() {
            return below.onExit();
        }

        @Override
        public Optional<ProcessPrivileges> privileges() {
            return below.privileges();
        }

        @Override
        public void terminate() {
            below.terminate();
        }

        @Override
        public void kill() {
            below.kill();
        }
    }

    /** A connection to the monitor of a process. */
    private record Monitor(LocalConnection below, FaultInjection faults) implements LocalConnection {
        @Override
        public void send(byte[] bytes) {
            cross(bytes, () -> below.send(bytes));
        }

        @Override
        public void send(byte[] bytes, Path file, FileAccess access) {
            cross(bytes, () -> below.send(bytes, file, access));
        }

        private void cross(byte[] line, Runnable passing) {
            Matcher command = COMMAND.matcher(new String(line, StandardCharsets.UTF_8));
            String name = command.find() ? command.group(1) : "";
            faults.cross(FaultSite.of("send", siteOf(name), Optional.empty()), () -> {
                passing.run();
                return name;
            });
        }

        private static String siteOf(String command) {
            return (command.startsWith(PREFIX) ? "" : PREFIX) + command.replace('-', '_');
        }

        @Override
        public int receive(byte[] buffer, Duration timeout) {
            return below.receive(buffer, timeout);
        }

        @Override
        public void close() {
            below.close();
        }
    }

    private DeviceModelProcess around(DeviceModelProcess process) {
        return new Process(process, faults);
    }

    @Override
    public Path program(Optional<Path> override) {
        return below.program(override);
    }

    @Override
    public DeviceModelProcess start(DeviceModelCommand command) {
        return around(below.start(command));
    }

    @Override
    public Optional<String> trial(DeviceModelCommand command) {
        return below.trial(command);
    }

    @Override
    public Optional<String> identity(Path program) {
        return below.identity(program);
    }

    @Override
    public Optional<DeviceModelUser> user(String name) {
        return below.user(name);
    }

    @Override
    public void endAll(long uid) {
        below.endAll(uid);
    }

    @Override
    public List<DeviceModelProcess> all() {
        return below.all().stream().map(this::around).toList();
    }

    @Override
    public Liveness liveness(String identity) {
        return below.liveness(identity);
    }

    @Override
    public void removeLeftovers(Collection<Path> files) {
        below.removeLeftovers(files);
    }

    @Override
    public void removeSilentSockets(Collection<Path> sockets) {
        below.removeSilentSockets(sockets);
    }
}
