// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.Screenshot;
import org.xenjava.toolstack.device.view.VncAddress;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection.FileAccess;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;

class QemuMonitorTest {
    private static final String OK = "{\"return\": {}}\n";
    private static final String SET = "{\"return\": {\"fdset-id\": 3, \"fd\": 21}}\n";

    @TempDir
    private Path directory;

    private Path socket = Path.of("/");

    @BeforeEach
    void chooseSocket() {
        socket = directory.resolve("qmp");
    }

    /** The file that was passed last. */
    private final AtomicReference<Path> passed = new AtomicReference<>(Path.of("/"));

    private LocalConnection connect(Path peer) {
        LocalConnection connection = JnaHostProcesses.open().connect(peer);
        return new LocalConnection() {
            @Override
            public void send(byte[] bytes) {
                connection.send(bytes);
            }

            @Override
            public void send(byte[] bytes, Path file, FileAccess access) {
                passed.set(file);
                connection.send(bytes, file, access);
            }

            @Override
            public int receive(byte[] buffer, Duration timeout) {
                return connection.receive(buffer, timeout);
            }

            @Override
            public void close() {
                connection.close();
            }
        };
    }

    private QemuMonitor monitor(Path socket, Duration limit) {
        return new QemuMonitor(
                socket, limit, this::connect, prefix -> Files.createTempFile(directory, prefix, ".qemu"));
    }

    private QemuMonitor monitor() {
        return monitor(socket, Duration.ofSeconds(30));
    }

    @Test
    void aPasswordIsSetForVnc() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> OK)) {
            monitor().setPassword("vnc", "secret");

            assertEquals(List.of("set_password {\"protocol\":\"vnc\",\"password\":\"secret\"}"), server.commands());
        }
    }

    @Test
    void eventsBeforeAnAnswerAreNotTakenForIt() throws IOException {
        String event = "{\"event\": \"VNC_CONNECTED\", \"data\": {}}\n";
        String answer = "{\"return\": {\"enabled\": true, \"host\": \"::1\", \"service\": \"5903\"}}\n";
        try (QmpServer server = QmpServer.at(socket, request -> event + event + answer)) {
            Optional<VncAddress> vnc = monitor().vnc();

            assertEquals("[::1]:5903", vnc.orElseThrow().toString());
            assertEquals(List.of("query-vnc {}"), server.commands());
        }
    }

    @Test
    void withoutVncThereIsNoAddress() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> "{\"return\": {\"enabled\": false}}\n")) {
            assertEquals(Optional.empty(), monitor().vnc());
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void onlySerialPortsWithATerminalHaveOne() throws IOException {
        String answer = "{\"return\": [{\"label\": \"libxl-cmd\", \"filename\": \"unix:/x\"},"
                + " {\"label\": \"serial0\", \"filename\": \"pty:/dev/pts/3\"},"
                + " {\"label\": \"serial1\", \"filename\": \"null\"},"
                + " {\"label\": \"serial2\", \"filename\": \"pty:/dev/pts/5\"}]}\n";
        try (QmpServer server = QmpServer.at(socket, request -> answer)) {
            assertEquals(Map.of(0, "/dev/pts/3", 2, "/dev/pts/5"), monitor().serialTerminals());
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void aScreenshotIsWhatQemuWritesAndItsFileIsGone() throws IOException {
        byte[] ppm = "P6\n2 1\n255\nRGBrgb".getBytes(StandardCharsets.US_ASCII);
        try (QmpServer server = QmpServer.at(socket, request -> {
            if (request.get("execute").getAsString().equals("screendump")) {
                write(passed.get(), ppm);
            }
            return SET;
        })) {
            Screenshot screenshot = monitor().screenshot();

            assertEquals(2, screenshot.width());
            assertEquals(
                    0x726762,
                    ImageIO.read(new ByteArrayInputStream(screenshot.toPng())).getRGB(1, 0) & 0xffffff);
            assertEquals(
                    List.of("add-fd {}", "screendump {\"filename\":\"/dev/fdset/3\"}", "remove-fd {\"fdset-id\":3}"),
                    server.commands());
            assertFalse(Files.exists(passed.get()));
        }
    }

    @Test
    void theStateOfTheDevicesIsWhatQemuWritesAndItsFileIsGone() throws IOException {
        byte[] state = "QEVM".getBytes(StandardCharsets.US_ASCII);
        try (QmpServer server = QmpServer.at(socket, request -> {
            if (request.get("execute").getAsString().equals("xen-save-devices-state")) {
                write(passed.get(), state);
            }
            return SET;
        })) {
            assertArrayEquals(state, monitor().deviceState(true));
            assertEquals(directory, passed.get().getParent());
            assertFalse(Files.exists(passed.get()));
            assertEquals(
                    List.of(
                            "add-fd {}",
                            "xen-save-devices-state {\"filename\":\"/dev/fdset/3\",\"live\":true}",
                            "remove-fd {\"fdset-id\":3}"),
                    server.commands());
            assertFalse(Files.exists(passed.get()));
        }
    }

    @Test
    void aStateIsLentToQemuWhichOpensTheDisksLate() throws IOException {
        byte[][] lent = {{}};
        try (QmpServer server = QmpServer.at(socket, request -> {
            if (request.get("execute").getAsString().equals("migrate-incoming")) {
                lent[0] = read(passed.get());
            }
            return OK;
        })) {
            monitor().load("QEVM".getBytes(StandardCharsets.US_ASCII));
            assertEquals("QEVM", new String(lent[0], StandardCharsets.US_ASCII));
            assertEquals(
                    List.of(
                            "migrate-set-capabilities {\"capabilities\":"
                                    + "[{\"capability\":\"late-block-activate\",\"state\":true}]}",
                            "getfd {\"fdname\":\"devices\"}",
                            "migrate-incoming {\"uri\":\"fd:devices\"}"),
                    server.commands());
            assertFalse(Files.exists(passed.get()));
        }
    }

    /** A machine of QEMU 7 that prefers cores to sockets; the second vCPU is not there. */
    private static final String SLOTS = "{\"return\": ["
            + "{\"props\": {\"core-id\": 2, \"thread-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1, \"type\": \"q\"},"
            + "{\"props\": {\"core-id\": 1, \"thread-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1, \"type\": \"q\"},"
            + "{\"props\": {\"core-id\": 0, \"thread-id\": 0, \"socket-id\": 0}, \"vcpus-count\": 1,"
            + " \"qom-path\": \"/machine/unattached/device[0]\", \"type\": \"q\"}]}\n";

    private static String slots(JsonObject request) {
        return request.get("execute").getAsString().equals("query-hotpluggable-cpus") ? SLOTS : OK;
    }

    @Test
    void vcpusAreAddedWhereQemuHasRoomForThem() throws IOException {
        try (QmpServer server = QmpServer.at(socket, QemuMonitorTest::slots)) {
            assertEquals(2, monitor().plugVcpus(2));
            assertEquals(
                    List.of(
                            "query-hotpluggable-cpus {}",
                            "device_add {\"driver\":\"q\",\"id\":\"cpu-1\",\"socket-id\":0,\"core-id\":1,\"thread-id\":0}"),
                    server.commands());
        }
    }

    @Test
    void theTrafficOfAllDisksIsAddedUp() throws IOException {
        String disk = "{\"device\": \"\", \"stats\": {\"rd_operations\": 3, \"wr_operations\": 4,"
                + " \"rd_bytes\": 5000000000, \"wr_bytes\": 6}}";
        try (QmpServer server = QmpServer.at(socket, request -> "{\"return\": [" + disk + "," + disk + "]}\n")) {
            assertEquals(
                    new QemuDiskTraffic(6, 8, 10_000_000_000L, 12), monitor().diskTraffic());
            assertEquals(List.of("query-blockstats {}"), server.commands());
        }
        String wrong = "{\"return\": [{\"stats\": {\"rd_operations\": \"many\"}}]}\n";
        Path other = socket.resolveSibling("other");
        try (QmpServer server = QmpServer.at(other, request -> wrong)) {
            QemuMonitor monitor = monitor(other, Duration.ofSeconds(30));
            assertThrows(DeviceModelException.class, monitor::diskTraffic);
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void vcpusThatQemuHasAreNotAddedAgain() throws IOException {
        try (QmpServer server = QmpServer.at(socket, QemuMonitorTest::slots)) {
            assertEquals(1, monitor().plugVcpus(1));
            assertEquals(List.of("query-hotpluggable-cpus {}"), server.commands());
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aMediumIsChangedAndEjectedEvenIfTheGuestLocksIt() throws IOException {
        VirtualDisk drive = new VirtualDisk("hdc");
        Path image = Files.createFile(directory.resolve("install.iso"));
        try (QmpServer server = QmpServer.at(socket, request -> SET)) {
            monitor().changeMedium(drive, image);
            monitor().eject(drive);

            assertEquals(image, passed.get());
            assertEquals(
                    List.of(
                            "add-fd {}",
                            "blockdev-change-medium {\"device\":\"ide-5632\",\"filename\":\"/dev/fdset/3\","
                                    + "\"format\":\"raw\",\"read-only-mode\":\"read-only\"}",
                            "remove-fd {\"fdset-id\":3}",
                            "eject {\"device\":\"ide-5632\",\"force\":true}"),
                    server.commands());
        }
    }

    @Test
    void aCommandForPeopleIsAnsweredWithText() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> "{\"return\": \"ide0-hd0\\r\\n\"}\n")) {
            assertEquals("ide0-hd0\r\n", monitor().execute("info block"));
            assertEquals(List.of("human-monitor-command {\"command-line\":\"info block\"}"), server.commands());
        }
        Path other = directory.resolve("other");
        try (QmpServer server = QmpServer.at(other, request -> OK)) {
            QemuMonitor monitor = monitor(other, Duration.ofSeconds(30));
            assertThrows(DeviceModelException.class, () -> monitor.execute("info block"));
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void aSleepingGuestIsWoken() throws IOException {
        String awake = "{\"error\": {\"desc\": \"Unable to wake up: guest is not in suspended state\"}}\n";
        try (QmpServer server = QmpServer.at(socket, request -> OK)) {
            monitor().wake();
            assertEquals(List.of("system_wakeup {}"), server.commands());
        }
        Path other = directory.resolve("other");
        try (QmpServer server = QmpServer.at(other, request -> awake)) {
            QemuMonitor monitor = monitor(other, Duration.ofSeconds(30));
            DeviceModelException e = assertThrows(DeviceModelException.class, monitor::wake);
            assertTrue(e.getMessage().endsWith("Unable to wake up: guest is not in suspended state"), e.getMessage());
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void aMediumThatCannotBeOpenedIsADeviceModelException() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> SET)) {
            DeviceModelException e = assertThrows(DeviceModelException.class, () -> monitor()
                    .changeMedium(new VirtualDisk("hdc"), directory.resolve("none.iso")));

            assertTrue(e.getMessage().contains("none.iso: ENOENT"), e.getMessage());
            assertEquals(List.of(), server.commands());
        }
    }

    @Test
    void aRefusalIsInQemusOwnWords() throws IOException {
        String error = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such display\"}}\n";
        try (QmpServer server = QmpServer.at(socket, request -> error)) {
            DeviceModelException e =
                    assertThrows(DeviceModelException.class, () -> monitor().setPassword("vnc", "secret"));

            assertEquals("QEMU at " + socket + " refuses set_password: no such display", e.getMessage());
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void aPasswordThatQemuQuotesIsInNoMessage() throws IOException {
        String error = "{\"error\": {\"desc\": \"bad password 'tops3cret'\"}}\n";
        String nonsense = "tops3cret\n";
        for (String answer : List.of(error, nonsense)) {
            Path own = directory.resolve(Integer.toString(answer.length()));
            try (QmpServer server = QmpServer.at(own, request -> answer)) {
                QemuMonitor monitor = monitor(own, Duration.ofSeconds(30));
                DeviceModelException e =
                        assertThrows(DeviceModelException.class, () -> monitor.setPassword("vnc", "tops3cret"));

                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                assertFalse(trace.toString().contains("tops3cret"), trace.toString());
                assertEquals(1, server.commands().size());
            }
        }
    }

    @Test
    void aQemuThatDoesNotAnswerIsAnErrorAfterTheTimeout() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> "")) {
            QemuMonitor monitor = monitor(socket, Duration.ofMillis(50));

            DeviceModelException e = assertThrows(DeviceModelException.class, monitor::vnc);

            assertTrue(e.getMessage().contains("has not answered within 50 ms"), e.getMessage());
            assertEquals(1, server.commands().size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RFB 003.008\n", "{}\n", "[]\n", "\n"})
    void whatSpeaksAnotherProtocolIsRecognised(String greeting) throws IOException {
        try (QmpServer server = QmpServer.at(socket, greeting, request -> OK)) {
            DeviceModelException e =
                    assertThrows(DeviceModelException.class, () -> monitor().vnc());

            assertTrue(e.getMessage().contains("it is not"), e.getMessage());
            assertEquals(List.of(), server.commands());
        }
    }

    @Test
    void aQemuThatIsGoneCannotBeReached() {
        DeviceModelException e =
                assertThrows(DeviceModelException.class, () -> monitor().vnc());

        assertTrue(e.getMessage().startsWith("QEMU at " + socket + " cannot be reached: ENOENT"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"return\": {}}",
                "{\"return\": null}",
                "{\"return\": 7}",
                "{\"return\": {\"enabled\": {}}}",
                "{\"return\": {\"enabled\": null}}",
                "{\"return\": {\"enabled\": true}}",
                "{\"return\": {\"enabled\": true, \"host\": [], \"service\": \"5900\"}}",
                "{\"return\": {\"enabled\": true, \"host\": \"::1\", \"service\": \"5900x\"}}",
                "{\"return\": {\"enabled\": true, \"host\": \"::1\", \"service\": \"-1\"}}",
                "{\"return\": {\"enabled\": true, \"host\": \"::1\", \"service\": 1e999999999}}",
                "{\"return\": {\"enabled\": true, \"host\": \"::1\", \"service\": \"99999999999\"}}",
                "{\"return\": [{\"label\": \"serial0\"}]}",
                "{\"return\": [{\"label\": \"serial99999999999\", \"filename\": \"pty:/dev/pts/3\"}]}",
                "{\"return\": [3]}",
                "{\"error\": \"no\"}",
                "{\"error\": {}}",
                "{\"error\": {\"desc\": {}}}",
                "\u0000",
            })
    void anAnswerOfAnotherFormIsADeviceModelException(String answer) throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> answer + "\n")) {
            DeviceModelException vnc = assertThrows(DeviceModelException.class, monitor()::vnc);
            assertThrows(DeviceModelException.class, monitor()::serialTerminals);

            assertTrue(vnc.getMessage().contains("query-vnc"), vnc.getMessage());
            assertTrue(vnc.getMessage().chars().noneMatch(Character::isISOControl), vnc.getMessage());
            assertEquals(2, server.commands().size());
        }
    }

    @Test
    void anAnswerNestedAMillionTimesIsADeviceModelException() throws IOException {
        String answer = "{\"return\": " + "[".repeat(500_000) + "]".repeat(500_000) + "}\n";
        try (QmpServer server = QmpServer.at(socket, request -> answer)) {
            DeviceModelException e = assertThrows(DeviceModelException.class, monitor()::vnc);

            assertTrue(e.getMessage().length() < 500, e.getMessage());
            assertEquals(1, server.commands().size());
        }
    }

    @Test
    void eventsWithoutEndDoNotPostponeTheDeadline() throws IOException {
        String events = "{\"event\": \"X\"}\n".repeat(1 << 16);
        String flood = events.repeat(64);
        try (QmpServer server = QmpServer.at(socket, request -> flood)) {
            QemuMonitor monitor = monitor(socket, Duration.ofMillis(50));

            DeviceModelException e = assertThrows(DeviceModelException.class, monitor::vnc);

            assertTrue(e.getMessage().contains("has not answered within 50 ms"), e.getMessage());
            // On a busy machine the time may be over before the server has read the command.
            assertTrue(server.commands().size() <= 1, server.commands().toString());
        }
    }
}
