// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.device.plan.QemuConfinement;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;

/** A device model that gets the devices of a saved guest: a real process that does nothing, and its monitor. */
@Timeout(60)
class WaitingQemuTest {
    /** No host has such a domain, and no other test. */
    private static final int DOMID = 63_000 + (int) (ProcessHandle.current().pid() % 2_000);

    private static final DomainPaths PATHS = new DomainPaths(DOMID);
    private static final byte[] STATE = "QEVM".getBytes(StandardCharsets.US_ASCII);
    private static final String OK = "{\"return\": {}}\n";

    @TempDir
    private Path directory = Path.of("/");

    private final XenLibraries xen = SimulatedXen.builder().build().connect();
    private final StoreClient store = new StoreClient(xen.store());
    private final WatchHub events = new WatchHub(xen.store());
    private DeviceModels model = model();

    private DeviceModels model() {
        return new DeviceModels(
                store,
                events,
                QemuProcesses.below(directory, JnaHostProcesses.open()),
                new QemuFiles(directory.resolve("run"), directory.resolve("log")));
    }

    @BeforeEach
    void installQemuBelowTheDirectory() throws IOException {
        Path program = directory.resolve("usr/libexec/xen-qemu-system-i386");
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\nwhile :; do sleep 0.1; done\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        model = model();
        store.direct().write(PATHS.libxlType(), "hvm");
    }

    @AfterEach
    void endAll() throws Exception {
        model.stop(DOMID);
        LogWriters.awaitEnd(directory);
        events.close();
        xen.close();
    }

    private QemuPlan plan() {
        DomainConfig config = XlConfigReader.parse("name='web'\ntype='hvm'\nmemory=64\nvnc=0\n", "test.cfg")
                .config();
        return new QemuPlan(
                QemuBinary.below(directory).find(Optional.empty()),
                config,
                MemoryPlan.hvm(config, config.hvm().orElseThrow(), PodPolicy.standard()),
                List.of(),
                List.of(),
                List.of(),
                QemuConfinement.NONE);
    }

    private Path monitor() {
        return directory.resolve("run/qmp-xenjava-" + DOMID);
    }

    private static String status(JsonObject request, Iterator<String> states) {
        return request.get("execute").getAsString().equals("query-status")
                ? "{\"return\": {\"status\": \"" + states.next() + "\"}}\n"
                : OK;
    }

    private void load(DeviceModelProcess qemu) {
        DeviceModelProcess waiting = model.awaitWaiting(qemu, plan(), new Cancellation());
        model.load(waiting, STATE);
        model.awaitLoaded(waiting, plan(), new Cancellation());
    }

    /** A process that was killed meanwhile leaves the file. */
    @Test
    void theFilesThatQemuGetsAreBesideItsSocketsAndRemovedWithThem() throws Exception {
        DeviceModelProcess qemu = model.startWaiting(DOMID, plan());
        Path files = QemuFiles.temporary(monitor(), DOMID);
        assertEquals(files, qemu.createFile(files, "devices").getParent());
        assertEquals(
                directory.resolve("run"),
                qemu.createFile(files, "screen").getParent().getParent());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(files)));
        model.stop(DOMID);
        assertFalse(Files.exists(files));
    }

    @Test
    void aQemuIsReadyWhenItHasLoadedTheDevicesAndRunsWhenItIsToldTo() throws Exception {
        DeviceModelProcess qemu = model.startWaiting(DOMID, plan());
        assertTrue(qemu.arguments().containsAll(List.of("-S", "-incoming", "defer")));
        Iterator<String> states =
                List.of("inmigrate", "inmigrate", "inmigrate", "paused").iterator();
        try (QmpServer server = QmpServer.at(monitor(), request -> status(request, states))) {
            load(qemu);
            assertFalse(states.hasNext());
            assertFalse(server.commands().contains("cont {}"));

            model.resumeWaiting(DOMID);
            assertEquals("cont {}", server.commands().get(server.commands().size() - 1));
            int commands = server.commands().size();

            model.resumeWaiting(DOMID);
            assertEquals(commands, server.commands().size());
        }
    }

    /** The limit is that of the load, not of an answer. */
    @Test
    void aQemuThatGivesNoStatusWhileItLoadsIsAskedAgain() throws Exception {
        DeviceModelProcess qemu = model.startWaiting(DOMID, plan());
        Iterator<String> answers = List.of(
                        "{\"return\": {\"status\": \"inmigrate\"}}\n",
                        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"busy\"}}\n",
                        "{\"return\": {\"status\": \"paused\"}}\n")
                .iterator();
        try (QmpServer server = QmpServer.at(
                monitor(),
                request -> request.get("execute").getAsString().equals("query-status") ? answers.next() : OK)) {
            load(qemu);
            assertFalse(answers.hasNext());
            assertTrue(server.commands().stream().anyMatch(command -> command.startsWith("migrate-incoming")));
        }
    }

    /** The memory of the guest may come only minutes later. */
    @Test
    void aQemuThatWaitsHasNoStateAndCanEndBeforeItGetsOne() throws Exception {
        DeviceModelProcess qemu = model.startWaiting(DOMID, plan());
        try (QmpServer server = QmpServer.at(
                monitor(), request -> status(request, List.of("inmigrate").iterator()))) {
            DeviceModelProcess waiting = model.awaitWaiting(qemu, plan(), new Cancellation());
            assertFalse(server.commands().stream().anyMatch(command -> command.startsWith("migrate")));
            model.process(DOMID).orElseThrow().end();
            QemuPlan plan = plan();
            Cancellation cancellation = new Cancellation();
            var e = assertThrows(DeviceModelException.class, () -> model.awaitLoaded(waiting, plan, cancellation));
            assertTrue(e.getMessage().contains("ended before it was ready"), e.getMessage());
        }
    }

    @Test
    void aQemuThatHasEndedDoesNotContinue() {
        model.startWaiting(DOMID, plan());
        model.process(DOMID).orElseThrow().end();
        var e = assertThrows(DeviceModelException.class, () -> model.resumeWaiting(DOMID));
        assertTrue(e.getMessage().contains("has ended, or is not visible"), e.getMessage());
    }
}
