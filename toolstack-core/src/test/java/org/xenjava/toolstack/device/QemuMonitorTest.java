// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.error.DeviceModelException;

class QemuMonitorTest {
    private static final String OK = "{\"return\": {}}\n";

    @TempDir
    private Path directory;

    private Path socket = Path.of("/");

    @BeforeEach
    void chooseSocket() {
        socket = directory.resolve("qmp");
    }

    private QemuMonitor monitor() {
        return new QemuMonitor(socket);
    }

    @Test
    void aPasswordIsSetForVnc() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> OK)) {
            monitor().setVncPassword("secret");

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
            write(Path.of(request.getAsJsonObject("arguments").get("filename").getAsString()), ppm);
            return OK;
        })) {
            Screenshot screenshot = monitor().screenshot();

            assertEquals(2, screenshot.width());
            assertEquals(0x726762, screenshot.pixel(1, 0));
            assertEquals(1, server.commands().size());
            try (Stream<Path> files = Files.list(directory)) {
                assertEquals(List.of(socket), files.toList());
            }
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
    void aMediumIsChangedAndEjectedWhateverTheGuestSays() throws IOException {
        VirtualDisk drive = new VirtualDisk("hdc");
        try (QmpServer server = QmpServer.at(socket, request -> OK)) {
            monitor().changeMedium(drive, Path.of("/images/install.iso"));
            monitor().eject(drive);

            assertEquals(
                    List.of(
                            "blockdev-change-medium {\"device\":\"ide-5632\",\"filename\":\"/images/install.iso\","
                                    + "\"format\":\"raw\",\"read-only-mode\":\"read-only\"}",
                            "eject {\"device\":\"ide-5632\",\"force\":true}"),
                    server.commands());
        }
    }

    @Test
    void aRefusalIsInQemusOwnWords() throws IOException {
        String error = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such display\"}}\n";
        try (QmpServer server = QmpServer.at(socket, request -> error)) {
            DeviceModelException e =
                    assertThrows(DeviceModelException.class, () -> monitor().setVncPassword("secret"));

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
                QemuMonitor monitor = new QemuMonitor(own);
                DeviceModelException e =
                        assertThrows(DeviceModelException.class, () -> monitor.setVncPassword("tops3cret"));

                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                assertFalse(trace.toString().contains("tops3cret"), trace.toString());
                assertEquals(1, server.commands().size());
            }
        }
    }

    @Test
    void silenceEndsWithAnErrorAndNotNever() throws IOException {
        try (QmpServer server = QmpServer.at(socket, request -> "")) {
            QemuMonitor monitor = new QemuMonitor(socket, Duration.ofMillis(50));

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

            assertTrue(e.getMessage().contains("it is no QMP"), e.getMessage());
            assertEquals(List.of(), server.commands());
        }
    }

    @Test
    void aQemuThatIsGoneCannotBeReached() {
        DeviceModelException e =
                assertThrows(DeviceModelException.class, () -> monitor().vnc());

        assertTrue(e.getMessage().startsWith("QEMU at " + socket + " cannot be reached"), e.getMessage());
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
            QemuMonitor monitor = new QemuMonitor(socket, Duration.ofMillis(50));

            DeviceModelException e = assertThrows(DeviceModelException.class, monitor::vnc);

            assertTrue(e.getMessage().contains("has not answered within 50 ms"), e.getMessage());
            assertEquals(1, server.commands().size());
        }
    }
}
