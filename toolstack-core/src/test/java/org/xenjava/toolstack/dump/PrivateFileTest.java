// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFileTest {
    private static final String LEFTOVER = "core.0123456789abcdef.partial";

    @TempDir
    private Path directory = Path.of("");

    /** Locks the file that its argument names, says so, and keeps the lock until its input ends. */
    static final class OtherProcess {
        private OtherProcess() {}

        public static void main(String[] arguments) throws IOException {
            try (FileChannel file = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
                System.out.println(file.tryLock());
                System.in.read();
            }
        }
    }

    private static PrivateFile.Content text(String text) {
        return file -> file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aSecondWriterIsRefusedAndTheFirstCompletesItsFile() throws IOException {
        Path core = directory.resolve("core");
        Path alias = Files.createSymbolicLink(directory.resolve("alias"), directory);
        PrivateFile.replace(core, file -> {
            IOException e =
                    assertThrows(IOException.class, () -> PrivateFile.replace(alias.resolve("core"), text("second")));
            assertEquals("another command is writing " + directory.toRealPath().resolve("core"), e.getMessage());
            PrivateFile.replace(directory.resolve("core2"), text("another file"));
            text("first").writeTo(file);
        });
        assertEquals("first", Files.readString(core));
        assertEquals(List.of("alias", "core", "core2"), files());
    }

    @Test
    void aWriterInAnotherProcessIsNotDisturbed() throws IOException, InterruptedException {
        Path core = Files.writeString(directory.resolve("core"), "older");
        Path partial = Files.writeString(directory.resolve(LEFTOVER), "half");
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherProcess.class.getName(),
                        partial.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = other.inputReader()) {
            assertTrue(output.readLine().contains("exclusive"));
            assertThrows(IOException.class, () -> PrivateFile.replace(core, text("new")));
            assertEquals("older", Files.readString(core));
            assertEquals(List.of("core", LEFTOVER), files());
        } finally {
            other.getOutputStream().close();
            other.waitFor();
        }
        PrivateFile.replace(core, text("new"));
        assertEquals("new", Files.readString(core));
        assertEquals(List.of("core"), files());
    }

    @Test
    void aLeftoverIsRemovedAndWhatItIsLinkedToStays() throws IOException {
        Path victim = Files.writeString(directory.resolve("victim"), "precious");
        Files.createLink(directory.resolve(LEFTOVER), victim);
        Files.createSymbolicLink(directory.resolve("core.fedcba9876543210.partial"), victim);
        PrivateFile.replace(directory.resolve("core"), text("new"));
        assertEquals("precious", Files.readString(victim));
        assertEquals(List.of("core", "core.fedcba9876543210.partial", "victim"), files());
    }

    @Test
    void aFileThatCannotBeWrittenLeavesNothing() throws IOException {
        Path core = Files.writeString(directory.resolve("core"), "older");
        assertThrows(
                IOException.class,
                () -> PrivateFile.replace(core, file -> {
                    throw new IOException("full");
                }));
        assertEquals("older", Files.readString(core));
        assertEquals(List.of("core"), files());
    }
}
