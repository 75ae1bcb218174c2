// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;

class RemoteHostTest {
    private static MigrationLink link(String command) throws IOException {
        // A further link needs no warm-up.
        return RemoteHost.of("", command + " migrate-receive", "xlj", "").connect(MigrationToken.random());
    }

    private static FutureTask<Integer> reading(MigrationLink link) {
        FutureTask<Integer> read = new FutureTask<>(() -> link.in().read(ByteBuffer.allocate(1)));
        Thread thread = new Thread(read);
        thread.setDaemon(true);
        thread.start();
        return read;
    }

    /** The process in the background holds the output open for longer than the test waits. */
    @Test
    void closingALinkEndsAReadOfACommandThatHasEnded() throws Exception {
        MigrationLink link = link("sleep 30 & exec cat >/dev/null; :");
        FutureTask<Integer> read = reading(link);
        assertThrows(TimeoutException.class, () -> read.get(500, TimeUnit.MILLISECONDS));
        link.close();
        assertThrows(ExecutionException.class, () -> read.get(20, TimeUnit.SECONDS));
    }

    @Test
    void theAnswersOfACommandThatHasEndedAreReadToTheEnd() throws Exception {
        try (MigrationLink link = link("sh -c 'printf ab; exec cat >/dev/null'")) {
            assertEquals(1, reading(link).get(20, TimeUnit.SECONDS));
            assertEquals(1, reading(link).get(20, TimeUnit.SECONDS));
        }
    }
}
