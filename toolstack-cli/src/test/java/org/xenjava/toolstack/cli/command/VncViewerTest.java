// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.device.view.VncAddress;

/** Viewers that write their arguments, their input and the password of their environment to a file. */
class VncViewerTest {
    private static final VncAddress SCREEN = new VncAddress.Tcp("127.0.0.1", 5901);

    @TempDir
    private Path directory;

    private VncViewer viewer(String help) throws IOException {
        Path program = Files.writeString(
                directory.resolve("vncviewer"),
                "#!/bin/sh\n"
                        + "if [ \"$1\" = -help ]; then echo '" + help + "'; exit 1; fi\n"
                        + "case \"$*\" in *-autopass) read typed;; esac\n"
                        + "echo \"$* typed=$typed environment=$VNC_PASSWORD\" >" + directory + "/seen\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return VncViewer.in("/nowhere::" + directory).orElseThrow();
    }

    private String seen(VncViewer viewer, VncAddress address, Optional<String> password)
            throws IOException, InterruptedException {
        assertEquals(0, viewer.start(address, password, Redirect.INHERIT).waitFor());
        return Files.readString(directory.resolve("seen"));
    }

    @Test
    void aViewerWithoutAutopassGetsThePasswordInItsEnvironmentOnly() throws Exception {
        assertEquals(
                "127.0.0.1::5901 typed= environment=secret\n", seen(viewer("TigerVNC"), SCREEN, Optional.of("secret")));
    }

    @Test
    void aViewerWithAutopassReadsThePassword() throws Exception {
        assertEquals(
                "127.0.0.1::5901 -autopass typed=secret environment=secret\n",
                seen(viewer("-autopass"), SCREEN, Optional.of("secret")));
    }

    @Test
    void withoutAPasswordTheViewerAsks() throws Exception {
        assertEquals(
                "[::1]::5900 typed= environment=\n",
                seen(viewer("-autopass"), new VncAddress.Tcp("::1", 5900), Optional.empty()));
        assertEquals(
                "/run/screen typed= environment=\n",
                seen(viewer("-autopass"), new VncAddress.Socket(Path.of("/run/screen")), Optional.empty()));
    }

    @Test
    void noViewerIsFoundWhereThereIsNone() throws IOException {
        assertTrue(VncViewer.in("").isEmpty());
        Files.writeString(directory.resolve("vncviewer"), "not executable");
        assertTrue(VncViewer.in(directory.toString()).isEmpty());
    }
}
