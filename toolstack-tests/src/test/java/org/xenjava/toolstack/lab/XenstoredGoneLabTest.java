// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/** Kills xenstored for good, so it runs last. */
@Tag("lab")
@Order(Integer.MAX_VALUE)
class XenstoredGoneLabTest {
    @Test
    void aBuildThatLosesXenstoredLeavesNoDomain() {
        try (XenLibraries libraries = JnaXen.open();
                Toolstack toolstack = Toolstack.open()) {
            Xenctrl xenctrl = Xenctrl.open(libraries);
            long free = toolstack.host().freeMemory().count();
            DomainConfig config = LabGuest.config("orphan", 128, 256).build();
            XenStoreException e = assertThrows(
                    XenStoreException.class,
                    () -> toolstack.create(
                            config,
                            progress -> {
                                if (progress.step() == CreateStep.POPULATE_RAM) {
                                    killXenstored();
                                }
                            },
                            new Cancellation()));
            Dom0.report("XenStoreException: " + e.getMessage());
            assertEquals(1, xenctrl.domains().list().size());
            assertEquals(free, toolstack.host().freeMemory().count(), 64);
        }
    }

    private static void killXenstored() {
        try {
            String pid = Files.readString(Path.of("/run/xenstored.pid")).strip();
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(daemon -> {
                daemon.destroyForcibly();
                daemon.onExit().join();
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
