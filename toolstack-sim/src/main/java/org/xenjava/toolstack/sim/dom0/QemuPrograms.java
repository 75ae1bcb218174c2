// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses.DeviceModelUser;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * QEMU in the simulated dom0: takes the guest's video RAM and the ROM of its card, and reports in xenstore. It
 * serves paravirtual devices. Its monitor knows vCPUs, the state of emulated devices, and devices that are passed through. A
 * QEMU that finds no memory ends before it reports, as a real one does.
 */
final class QemuPrograms implements DeviceModelProcesses {
    /** The option ROM of a graphics card: 64 KiB, as measured with both of libxl's cards. */
    private static final long ROM_PAGES = 16;

    private static final long PAGES_PER_MIB = 256;
    private static final String IDENTITY = "simulated ";
    private static final int PAGE_SHIFT = 12;
    private static final long FOUR_GIB = 1L << 32;

    /** Where RAM below 4 GiB ends unless the machine is told otherwise (hw/i386/xen/xen-hvm.c). */
    private static final long LOW_MEMORY_END = 0xF000_0000L;

    private static final Pattern VIDEO_RAM = Pattern.compile("(?:vgamem_mb|vram_size_mb|ram_size_mb)=(\\d+)");
    private static final Pattern VCPUS = Pattern.compile("-smp (\\d{1,5})");
    private static final Pattern BELOW_4G = Pattern.compile("max-ram-below-4g=(\\d+)");

    /** The user that a QEMU becomes: {@code -runas UID:GID}, or {@code user=UID:GID} of {@code -run-with}. */
    private static final Pattern USER = Pattern.compile("(?:-runas |[ ,]user=)(\\d+):\\d+");

    private static final long ROOT = 0;
    private static final long EVERY_CAPABILITY = -1;

    /** Above the largest PID that Linux gives a real process. */
    private static final long FIRST_PID = 5_000_001;

    private final MachineEntry entry;
    private final StoreConnection store;
    private final BackendDrivers backends;
    private final ImageWriters writers;
    private final Map<Long, Program> programs = new TreeMap<>();
    private long nextPid = FIRST_PID;

    QemuPrograms(MachineEntry entry, StoreConnection store, BackendDrivers backends, ImageWriters writers) {
        this.writers = writers;
        this.entry = entry;
        this.store = store;
        this.backends = backends;
    }

    /** One process. */
    private final class Program implements DeviceModelProcess {
        private final DeviceModelCommand command;
        private final long pid;
        private final EmulatedDevices devices;
        private final CompletableFuture<Program> exit = new CompletableFuture<>();

        Program(DeviceModelCommand command, long pid, EmulatedDevices devices) {
            this.command = command;
            this.pid = pid;
            this.devices = devices;
        }

        @Override
        public int domid() {
            return command.domid();
        }

        @Override
        public long pid() {
            return pid;
        }

        @Override
        public List<String> arguments() {
            return command.arguments();
        }

        @Override
        public Liveness liveness() {
            return exit.isDone() ? Liveness.DEAD : Liveness.ALIVE;
        }

        @Override
        public String identity() {
            return IDENTITY + pid;
        }

        @Override
        public boolean isTrusted() {
            return true;
        }

        @Override
        public boolean hasMonitor() {
            return false;
        }

        @Override
        public LocalConnection connect(Path socket) {
            if (exit.isDone()) {
                throw new XenLibException("connect " + socket, Errno.ECONNREFUSED);
            }
            return new QemuMonitorLink(entry, this, devices);
        }

        @Override
        public Path createFile(Path directory, String prefix) throws IOException {
            return Files.createTempFile(prefix, ".qemu");
        }

        @Override
        public CompletableFuture<?> onExit() {
            return exit;
        }

        @Override
        public Optional<ProcessPrivileges> privileges() {
            if (exit.isDone()) {
                return Optional.empty();
            }
            Matcher user = USER.matcher(String.join(" ", command.arguments()));
            boolean drops = user.find();
            return Optional.of(new ProcessPrivileges(
                    drops ? Long.parseLong(user.group(1)) : ROOT,
                    drops ? 0 : EVERY_CAPABILITY,
                    command.launcher().contains("--no-new-privs"),
                    command.root().map(Path::toString).orElse("/")));
        }

        @Override
        public void terminate() {
            entry.run("kill", () -> {
                entry.machine().usb().qemuEnds(command.domid());
                remove();
            });
            exit.complete(this);
        }

        @Override
        public void kill() {
            entry.run("kill", () -> {
                entry.machine().usb().qemuIsKilled(command.domid());
                remove();
            });
            exit.complete(this);
        }

        private void remove() {
            programs.remove(pid);
            devices.ended();
            backends.qemuEnds(command.domid());
        }
    }

    @Override
    public Path program(Optional<Path> override) {
        return override.orElse(Path.of("/usr/libexec/xen-qemu-system-i386"));
    }

    @Override
    public Optional<String> trial(DeviceModelCommand command) {
        return Optional.empty();
    }

    @Override
    public Optional<String> identity(Path program) {
        return Optional.empty();
    }

    @Override
    public Optional<DeviceModelUser> user(String name) {
        return Optional.empty();
    }

    @Override
    public void endAll(long uid) {
        // A program has no other processes.
    }

    @Override
    public DeviceModelProcess start(DeviceModelCommand command) {
        return entry.call("execve", () -> {
            long pid = nextPid++;
            boolean waits = command.arguments().contains("-incoming");
            EmulatedDevices devices = waits
                    ? EmulatedDevices.waiting(entry, command, writers)
                    : EmulatedDevices.create(entry, command, writers, pid);
            Program program = new Program(command, pid, devices);
            devices.endBy(program::kill);
            programs.put(program.pid(), program);
            plugVcpus(command);
            // The memory of the devices is part of the guest's, which was restored already.
            if (waits || takesItsMemory(command)) {
                backends.qemuStarts(command.domid(), command.arguments(), devices);
                store.write(
                        XenStore.NO_TRANSACTION,
                        "/local/domain/0/device-model/" + command.domid() + "/state",
                        "running".getBytes(StandardCharsets.UTF_8));
            } else {
                program.kill();
            }
            return program;
        });
    }

    /** A new QEMU of a domain has as many vCPUs as its command line says, or one. */
    private void plugVcpus(DeviceModelCommand command) {
        Matcher smp = VCPUS.matcher(String.join(" ", command.arguments()));
        XenDomain domain = entry.machine().require(command.domid());
        domain.pluggedVcpus().set(0, smp.find() ? Integer.parseInt(smp.group(1)) : 1);
    }

    /** Video RAM and ROM lie behind the RAM, as QEMU numbers its blocks. */
    private boolean takesItsMemory(DeviceModelCommand command) {
        List<String> arguments = command.arguments();
        long videoRam = arguments.stream()
                .filter(argument -> argument.contains("vga") || argument.startsWith("VGA"))
                .mapToLong(QemuPrograms::videoRamPages)
                .sum();
        if (videoRam == 0) {
            return true;
        }
        XenDomain domain = entry.machine().require(command.domid());
        long ram = Long.parseLong(arguments.get(arguments.indexOf("-m") + 1)) << 20;
        long first = endOfRam(ram, lowMemoryEnd(arguments)) >> PAGE_SHIFT;
        for (long gfn = first; gfn < first + videoRam + ROM_PAGES; gfn++) {
            if (!domain.memory().populate(gfn, 0)) {
                return false;
            }
        }
        return true;
    }

    private static long videoRamPages(String card) {
        return VIDEO_RAM
                .matcher(card)
                .results()
                .mapToLong(amount -> Long.parseLong(amount.group(1)) * PAGES_PER_MIB)
                .sum();
    }

    private static long lowMemoryEnd(List<String> arguments) {
        return arguments.stream()
                .map(BELOW_4G::matcher)
                .filter(Matcher::find)
                .mapToLong(matcher -> Long.parseLong(matcher.group(1)))
                .findFirst()
                .orElse(LOW_MEMORY_END);
    }

    private static long endOfRam(long ram, long lowEnd) {
        return ram <= lowEnd ? FOUR_GIB : FOUR_GIB + ram - lowEnd;
    }

    /** All processes end with the machine. */
    void hostStops() {
        programs.values().forEach(program -> program.devices.ended());
    }

    /** The devices of a domain; the caller holds the machine's lock. */
    Optional<EmulatedDevices> devices(int domid) {
        return programs.values().stream()
                .filter(program -> program.domid() == domid)
                .map(program -> program.devices)
                .findFirst();
    }

    @Override
    public List<DeviceModelProcess> all() {
        return entry.call("opendir", () -> List.copyOf(programs.values()));
    }

    @Override
    public Liveness liveness(String identity) {
        return all().stream().anyMatch(process -> process.identity().equals(identity)) ? Liveness.ALIVE : Liveness.DEAD;
    }

    @Override
    public void removeLeftovers(Collection<Path> files) {
        // There are none.
    }

    @Override
    public void removeSilentSockets(Collection<Path> sockets) {
        // There are none.
    }
}
