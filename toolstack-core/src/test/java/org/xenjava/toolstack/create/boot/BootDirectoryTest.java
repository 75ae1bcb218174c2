// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create.boot;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.process.ProcessIdentity;

/** Directories of boot loaders whose process has ended. */
class BootDirectoryTest {
    @Test
    void onlyTheDirectoryOfAProcessThatHasEndedIsRemoved() throws IOException {
        Path abandoned = BootDirectory.create(
                ProcessIdentity.ended(ProcessHandle.current().pid()));
        Files.writeString(abandoned.resolve("kernel"), "kernel");
        Files.createDirectory(abandoned.resolve("root"));
        Path used = BootDirectory.create(ProcessIdentity.ofProc().self());
        Path unknown = BootDirectory.create("another host's 1 2");
        try {
            BootDirectory.removeAbandoned();
            assertFalse(Files.exists(abandoned));
            assertTrue(Files.exists(used));
            assertTrue(Files.exists(unknown));
        } finally {
            BootDirectory.remove(used);
            BootDirectory.remove(unknown);
        }
    }
}
