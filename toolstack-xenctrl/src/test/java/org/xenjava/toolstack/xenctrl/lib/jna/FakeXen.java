// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Stand-ins for Xen's C libraries ({@code src/test/c/fakexen.c}), compiled once per JVM, and the strings that move
 * them. Tests that want them are skipped where there is no gcc.
 */
final class FakeXen {
    private static final List<String> SONAMES = List.of(
            "libxencall.so.1",
            "libxenforeignmemory.so.1",
            "libxenevtchn.so.1",
            "libxendevicemodel.so.1",
            "libxenstore.so.4");
    private static final Optional<FakeXen> INSTANCE = build();

    private final NativeLibrary library;

    private FakeXen(NativeLibrary library) {
        this.library = library;
    }

    /** The stand-ins, with nothing logged and nothing scripted. */
    static FakeXen fresh() {
        assumeTrue(INSTANCE.isPresent(), "no gcc");
        FakeXen fake = INSTANCE.get();
        fake.library.getFunction("fake_reset").invokeVoid(new Object[0]);
        return fake;
    }

    /** The calls since the last time, as C saw them. */
    List<String> log() {
        return library.getFunction("fake_take_log")
                .invokeString(new Object[0], false)
                .lines()
                .toList();
    }

    /** Waits until C has seen that call. */
    void awaitCall(String call) {
        while (!log().contains(call)) {
            Thread.onSpinWait();
        }
    }

    /** The next call that can fail will return {@code result} and leave {@code errno}. */
    FakeXen next(long result, Errno errno) {
        library.getFunction("fake_next").invokeVoid(new Object[] {result, errno.value()});
        return this;
    }

    void fireEvent(int port) {
        library.getFunction("fake_fire_event").invokeVoid(new Object[] {port});
    }

    void fireWatch(String path, String token) {
        library.getFunction("fake_fire_watch").invokeVoid(new Object[] {path, token});
    }

    void interruptWaiting() {
        library.getFunction("fake_interrupt_waiting").invokeVoid(new Object[0]);
    }

    private static Optional<FakeXen> build() {
        boolean gcc =
                Stream.of(System.getenv("PATH").split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, "gcc")));
        if (!gcc) {
            return Optional.empty();
        }
        try {
            Path directory =
                    Files.createDirectories(Path.of("target", "fakexen").toAbsolutePath());
            Path library = directory.resolve("libfakexen.so");
            run("gcc", "-Wall", "-shared", "-fPIC", "-o", library.toString(), "src/test/c/fakexen.c", "-lpthread");
            for (String soname : SONAMES) {
                Path link = directory.resolve(soname);
                Files.deleteIfExists(link);
                // One file, so one library in memory, whatever name it is loaded by.
                Files.createSymbolicLink(link, library);
                NativeLibrary.addSearchPath(soname, directory.toString());
            }
            return Optional.of(new FakeXen(NativeLibrary.getInstance(library.toString())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
