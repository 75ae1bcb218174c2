// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Passwords in traces, and who can read the files. */
class SecretsTest {
    private static final byte[] CONFIG = "vncpasswd = \"s3cret\"\n".getBytes(StandardCharsets.UTF_8);
    private static final Path MISSING = Path.of("missing");

    @TempDir
    private Path dir;

    private static void storeAPassword(XenLibraries libraries) {
        libraries.store().write(XenStore.NO_TRANSACTION, "/config", CONFIG);
        libraries.store().read(XenStore.NO_TRANSACTION, "/config");
    }

    private Path recorded(Secrets secrets) {
        Path file = dir.resolve("trace.jsonl");
        Recorder recorder = new Recorder("create a.cfg vncpasswd=s3cret", Recordings.CLOCK, Contents.HASH, secrets);
        try (XenLibraries libraries = recorder.wrap(new FakeXen(), file)) {
            storeAPassword(libraries);
        }
        return file;
    }

    @Test
    void aTraceHasNoPasswordByDefaultAndReplays() throws IOException {
        Path file = recorded(Secrets.REDACTED);
        assertFalse(Files.readString(file).contains("s3cret"), Files.readString(file));
        Trace trace = TraceReader.read(file);
        assertEquals(Secrets.REDACTED, trace.header().secrets());
        assertEquals("create a.cfg vncpasswd=[redacted]", trace.header().command());
        Recordings.replay(file, SecretsTest::storeAPassword);
    }

    @Test
    void aTraceThatIncludesSecretsReplaysThem() throws IOException {
        Path file = recorded(Secrets.INCLUDED);
        assertTrue(Files.readString(file).contains("s3cret"));
        Recordings.replay(file, libraries -> {
            libraries.store().write(XenStore.NO_TRANSACTION, "/config", CONFIG);
            assertArrayEquals(CONFIG, libraries.store().read(XenStore.NO_TRANSACTION, "/config"));
        });
    }

    @Test
    void onlyTheOwnerCanReadATraceAlsoIfTheFileWasThereBefore() throws IOException {
        Path file = Files.writeString(dir.resolve("trace.jsonl"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        recorded(Secrets.REDACTED);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void aTraceDoesNotFollowALink() throws IOException {
        Path victim = Files.writeString(dir.resolve("victim"), "precious");
        Files.createSymbolicLink(dir.resolve("trace.jsonl"), victim);
        assertThrows(UncheckedIOException.class, () -> recorded(Secrets.REDACTED));
        Files.delete(dir.resolve("trace.jsonl"));
        Files.createSymbolicLink(dir.resolve("trace.jsonl"), dir.resolve(MISSING));
        assertThrows(UncheckedIOException.class, () -> recorded(Secrets.REDACTED));
        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.exists(dir.resolve(MISSING)));
    }

    @Test
    void aTraceDoesNotChangeTheOtherNamesOfAFile() throws IOException {
        Path other = Files.writeString(dir.resolve("other"), "precious");
        Files.createLink(dir.resolve("trace.jsonl"), other);
        recorded(Secrets.REDACTED);
        assertEquals("precious", Files.readString(other));
    }
}
