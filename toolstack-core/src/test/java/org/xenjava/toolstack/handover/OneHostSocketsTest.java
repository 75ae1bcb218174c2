// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.host.TestHost;

/** Guests whose QEMU serves a socket that the configuration names. */
class OneHostSocketsTest {
    @TempDir
    private Path directory;

    private List<Throwable> migrate(TwoHosts hosts) throws IOException {
        Path socket = directory.resolve("agent");
        hosts.start(TestHost.guest("web", 17, 17)
                .otherDevices(List.of(new OtherDevice(
                        OtherDevice.Kind.CHANNEL,
                        Map.of("name", "agent", "connection", "socket", "path", socket.toString())))));
        // The simulated QEMU makes no sockets.
        Files.createFile(socket);
        return hosts.migrate(new TestCable());
    }

    /** A second QEMU would take the path, and the end of the first one would remove it. */
    @Test
    void aGuestWithANamedSocketIsRefusedWithinOneHost() throws IOException {
        try (TwoHosts hosts = TwoHosts.oneHost()) {
            List<Throwable> failures = migrate(hosts);
            assertEquals(2, failures.size(), failures.toString());
            String message = String.valueOf(failures.get(1).getMessage());
            assertTrue(message.contains("serves the socket " + directory.resolve("agent")), message);
            hosts.assertOneRuns("a refusal");
        }
    }

    /** A socket of that path on the other host is what an earlier QEMU has left. */
    @Test
    void aGuestWithANamedSocketMigratesToAnotherHost() throws IOException {
        try (TwoHosts hosts = TwoHosts.create()) {
            assertEquals(List.of(), migrate(hosts));
            hosts.assertOneRuns("a migration");
        }
    }
}
