// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.privatefile;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
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

    /** Records the file, and looks at it at that moment. */
    private static final class Recorder implements PrivateFile.Naming {
        private final List<NamedFile> recorded = new ArrayList<>();
        private final List<NamedFile.Fate> fates = new ArrayList<>();

        @Override
        public void begins(NamedFile file) {
            recorded.add(file);
            try {
                fates.add(file.fate());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void failed() {
            recorded.clear();
        }
    }

    @Test
    void aRecordedFileIsKnownUnderBothNamesAndNotAmongOthers() throws IOException {
        Path core = Files.writeString(directory.resolve("core"), "older");
        Recorder recorder = new Recorder();
        PrivateFile.replace(core, text("newer"), recorder);
        NamedFile file = recorder.recorded.get(0);
        assertEquals(List.of(NamedFile.Fate.PARTIAL), recorder.fates);
        assertEquals(NamedFile.Fate.NAMED, file.fate());
        file.removePartial();
        assertEquals("newer", Files.readString(core));

        Path partial = Files.move(core, directory.resolve(LEFTOVER));
        Files.writeString(core, "other");
        assertEquals(NamedFile.Fate.PARTIAL, file.fate());
        file.removePartial();
        assertFalse(Files.exists(partial));
        assertEquals(NamedFile.Fate.GONE, file.fate());
        assertEquals("other", Files.readString(core));
        assertEquals(NamedFile.Fate.GONE, new NamedFile(directory.resolve("missing/core"), file.identity()).fate());
    }

    /** Such as a directory under the name of the file. */
    @Test
    void aFileThatDoesNotGetItsNameIsRemovedAfterItsRecord() throws IOException {
        Path core = Files.createDirectories(directory.resolve("core"));
        Files.writeString(core.resolve("other"), "other");
        Recorder recorder = new Recorder();
        assertThrows(IOException.class, () -> PrivateFile.replace(core, text("new"), recorder));
        assertEquals(List.of(NamedFile.Fate.PARTIAL), recorder.fates);
        assertEquals(List.of(), recorder.recorded);
        assertEquals(List.of("core"), files());
    }

    @Test
    void aFileWhoseRecordCannotBeRemovedStaysUnderItsTemporaryName() {
        List<NamedFile> recorded = new ArrayList<>();
        IllegalStateException e = assertThrows(
                IllegalStateException.class,
                () -> PrivateFile.replace(directory.resolve("core"), text("new"), new PrivateFile.Naming() {
                    @Override
                    public void begins(NamedFile file) {
                        recorded.add(file);
                        throw new IllegalStateException("no answer");
                    }

                    @Override
                    public void failed() {
                        throw new IllegalArgumentException("still no answer");
                    }
                }));
        assertEquals("still no answer", e.getSuppressed()[0].getMessage());
        assertEquals(
                NamedFile.Fate.PARTIAL, assertDoesNotThrow(() -> recorded.get(0).fate()));
    }

    private List<String> partials() throws IOException {
        return files().stream().filter(name -> name.endsWith(".partial")).toList();
    }

    @Test
    void anOlderFileStaysOnAFileSystemThatCannotSyncDirectories() throws IOException {
        Path core = Files.writeString(directory.resolve("core"), "older");
        Recorder recorder = new Recorder();
        assertThrows(
                IOException.class,
                () -> PrivateFile.replace(core, text("newer"), recorder, names -> {
                    throw new IOException("invalid argument");
                }));
        assertEquals("older", Files.readString(core));
        assertEquals(List.of(), recorder.fates);
        assertEquals(List.of("core"), files());
    }

    @Test
    void aFileWhoseNewNameIsNotOnTheDiskIsRemovedWithItsRecord() throws IOException {
        Path core = directory.resolve("core");
        Recorder recorder = new Recorder();
        assertThrows(
                IOException.class,
                () -> PrivateFile.replace(core, text("new"), recorder, names -> {
                    if (Files.exists(core)) {
                        throw new IOException("I/O error");
                    }
                }));
        assertEquals(List.of(NamedFile.Fate.PARTIAL), recorder.fates);
        assertEquals(List.of(), recorder.recorded);
        assertEquals(List.of(), files());
    }

    @Test
    void aFileThatCannotLoseItsNewNameKeepsItsRecord() throws IOException {
        Path core = directory.resolve("core");
        Recorder recorder = new Recorder();
        List<Path> temporary = new ArrayList<>();
        IOException e = assertThrows(
                IOException.class,
                () -> PrivateFile.replace(core, text("new"), recorder, names -> {
                    if (!Files.exists(core)) {
                        temporary.add(directory.resolve(partials().get(0)));
                        return;
                    }
                    Files.createDirectories(temporary.get(0).resolve("in the way"));
                    throw new IOException("I/O error");
                }));
        assertEquals("I/O error", e.getMessage());
        assertEquals(1, e.getSuppressed().length);
        assertEquals(NamedFile.Fate.NAMED, recorder.recorded.get(0).fate());
        assertEquals("new", Files.readString(core));
    }
}
