// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.host.SmallDisk;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelCommand;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostProcesses;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.ProcessPin;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;

/** A program in QEMU's place that logs more than a log may hold. */
@Timeout(60)
class QemuLogTest {
    private static final long MIB = 1 << 20;

    /** Ignores SIGPIPE, as QEMU does. */
    private static final String FLOOD =
            """
            trap '' PIPE
            while ! [ -e go ]; do sleep 0.02; done
            dd if=/dev/zero bs=1024 count=4096 2>/dev/null
            echo last words
            touch done
            while :; do sleep 0.1; done
            """;

    @TempDir
    private Path directory = Path.of("/");

    private HostProcesses host = JnaHostProcesses.open();
    private Optional<DeviceModelProcess> qemu = Optional.empty();

    @AfterEach
    void end() throws Exception {
        qemu.ifPresent(DeviceModelProcess::kill);
        LogWriters.awaitEnd(directory);
    }

    private Path log() {
        return directory.resolve("log/qemu-dm-web.log");
    }

    private DeviceModelProcess start(String script) throws IOException {
        return start(log(), script);
    }

    private DeviceModelProcess start(Path log, String script) throws IOException {
        Path program = directory.resolve("usr/libexec/xen-qemu-system-i386");
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\ncd " + directory + "\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        DeviceModelProcess started = QemuProcesses.below(directory, host)
                .start(new DeviceModelCommand(
                        32_761,
                        List.of(),
                        program,
                        List.of("-xen-domid", "32761", "-no-shutdown"),
                        log,
                        List.of(),
                        Optional.empty()));
        qemu = Optional.of(started);
        return started;
    }

    private ProcessHandle writer() throws InterruptedException {
        while (true) {
            Optional<ProcessHandle> found = ProcessHandle.current()
                    .children()
                    .filter(child -> child.info()
                            .arguments()
                            .map(List::of)
                            .filter(words -> words.contains(log().toString()))
                            .isPresent())
                    .findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            Thread.sleep(5);
        }
    }

    private void flood() throws Exception {
        Files.createFile(directory.resolve("go"));
        while (!Files.exists(directory.resolve("done"))) {
            Thread.sleep(20);
        }
    }

    @Test
    void aFloodIsKeptInTwoFilesOfOneMebibyte() throws Exception {
        start("i=0\nwhile [ $i -lt 800 ]; do echo $i; dd if=/dev/zero bs=4096 count=1; i=$((i + 1)); done 2>&1\n"
                // What does not fit while the writer is busy is dropped.
                + "until echo last words 2>/dev/null; do sleep 0.02; done");
        writer().onExit().get(50, TimeUnit.SECONDS);

        String end = QemuLog.end(log());
        assertTrue(end.endsWith("last words"), end);
        assertTrue(Files.size(log()) <= MIB);
        assertTrue(Files.size(log().resolveSibling("qemu-dm-web.log.1")) <= MIB);
        try (var files = Files.list(log().getParent())) {
            assertEquals(2, files.count());
        }
        assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(log()));
    }

    @Test
    void theEndOfTheWriterDoesNotDisturbQemu() throws Exception {
        DeviceModelProcess process = start(FLOOD);
        ProcessHandle writer = writer();
        writer.descendants().forEach(ProcessHandle::destroyForcibly);
        writer.destroyForcibly();
        writer.onExit().get(10, TimeUnit.SECONDS);
        flood();

        assertEquals(Liveness.ALIVE, process.liveness());
    }

    @Test
    void aWriterThatHangsDoesNotStopQemu() throws Exception {
        DeviceModelProcess process = start(FLOOD);
        ProcessHandle writer = writer();
        while (writer.descendants().findAny().isEmpty()) {
            Thread.sleep(5);
        }
        List<ProcessHandle> all = writer.descendants().toList();
        for (ProcessHandle stopped : all) {
            new ProcessBuilder("kill", "-STOP", "" + stopped.pid()).start().waitFor();
        }
        flood();

        assertEquals(Liveness.ALIVE, process.liveness());
        all.forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void theWriterEndsWithQemu() throws Exception {
        DeviceModelProcess process = start("while :; do sleep 0.1; done");
        ProcessHandle writer = writer();

        process.kill();

        writer.onExit().get(10, TimeUnit.SECONDS);
    }

    /** A C library that cannot close files on start. */
    private static HostProcesses withoutSpawn(HostProcesses below) {
        return new HostProcesses() {
            @Override
            public ProcessPin pin(long pid) {
                return below.pin(pid);
            }

            @Override
            public LocalConnection connect(Path socket) {
                return below.connect(socket);
            }

            @Override
            public long startPiped(List<String> program, String variable, List<String> reader) {
                throw new XenLibException("posix_spawn", Errno.ENOSYS);
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void qemuLeadsASessionAndHasItsDomainInItsEnvironment(boolean oldLibrary) throws Exception {
        host = oldLibrary ? withoutSpawn(host) : host;
        DeviceModelProcess process = start("echo \"domain $XEN_DOMAIN_ID\"; while :; do sleep 0.1; done");
        while (!QemuLog.end(log()).equals("domain 32761")) {
            assertEquals(Liveness.ALIVE, process.liveness());
        }
        // Behind the name: state, parent, process group, session.
        String[] stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"))
                .replaceFirst(".*\\) ", "")
                .split(" ");
        assertEquals(Long.toString(process.pid()), stat[3]);

        process.kill();

        process.onExit().get(10, TimeUnit.SECONDS);
        assertEquals(Liveness.DEAD, process.liveness());
    }

    @Test
    void aProgramThatIsNotThereIsReported() {
        DeviceModelCommand command = new DeviceModelCommand(
                32_761, List.of(), directory.resolve("none"), List.of(), log(), List.of(), Optional.empty());
        DeviceModelException e = assertThrows(DeviceModelException.class, () -> QemuProcesses.below(directory, host)
                .start(command));
        assertEquals("QEMU cannot be started: posix_spawn: ENOENT", e.getMessage());
    }

    @Test
    void aFullDiskDoesNotStopQemu() throws Exception {
        Files.createDirectories(log().getParent());
        try (SmallDisk disk = SmallDisk.below(log().getParent())) {
            Path small = disk.directory().resolve("qemu-dm-web.log");
            DeviceModelProcess started = start(small, FLOOD);
            Files.createFile(directory.resolve("go"));
            while (!Files.exists(directory.resolve("done"))) {
                Thread.sleep(5);
            }
            assertEquals(Liveness.ALIVE, started.liveness());
            assertTrue(Files.size(small) <= 8192);
        }
    }
}
