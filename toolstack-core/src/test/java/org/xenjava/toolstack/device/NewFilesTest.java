// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.store.WatchHub;

@Timeout(60)
class NewFilesTest {
    @TempDir
    private Path directory = Path.of("/");

    private final Semaphore reports = new Semaphore(0);

    @Test
    void everyNewFileIsReportedUntilTheEnd() throws Exception {
        WatchHub.Registration registration = NewFiles.in(directory, reports::release);

        Files.createFile(directory.resolve("one"));
        assertTrue(reports.tryAcquire(30, TimeUnit.SECONDS));
        Files.createFile(directory.resolve("two"));
        assertTrue(reports.tryAcquire(30, TimeUnit.SECONDS));

        registration.close();
        registration.close();
        reports.drainPermits();
        Files.createFile(directory.resolve("three"));
        assertFalse(reports.tryAcquire(200, TimeUnit.MILLISECONDS));
    }

    @Test
    void aDirectoryThatCannotBeWatchedIsNotReported() {
        NewFiles.in(directory.resolve("absent"), reports::release).close();
        assertEquals(0, reports.availablePermits());
    }
}
