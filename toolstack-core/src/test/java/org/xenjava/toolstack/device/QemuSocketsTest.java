// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;

class QemuSocketsTest {
    @TempDir
    private Path directory = Path.of("/");

    private ServerSocketChannel listener(String name) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(directory.resolve(name)), 1);
    }

    @Test
    void onlySocketsOnWhichNobodyListensAreRemoved() throws IOException {
        listener("silent").close();
        Files.writeString(directory.resolve("file"), "");
        Files.createSymbolicLink(directory.resolve("link"), directory.resolve("silent"));
        ServerSocketChannel open = listener("open");
        try (open;
                Stream<Path> left = Files.list(directory)) {
            List<Path> all = Stream.of("silent", "file", "link", "open", "absent")
                    .map(directory::resolve)
                    .toList();
            QemuProcesses.below(directory, JnaHostProcesses.open()).removeSilentSockets(all);
            assertEquals(
                    List.of("file", "link", "open"),
                    left.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }
}
