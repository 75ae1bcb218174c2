// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MigrationWarmUpTest {
    @Test
    void aSmallGuestMigratesAgainAndAgain() {
        assertTrue(MigrationRehearsal.warmUp(Duration.ofMinutes(2)));
        assertTrue(MigrationRehearsal.warmUp(Duration.ofMinutes(2)));
    }

    @Test
    void aWarmUpThatTakesTooLongIsNotWaitedFor() {
        assertFalse(MigrationRehearsal.warmUp(Duration.ZERO));
    }

    @Test
    void anInterruptEndsTheWait() {
        Thread.currentThread().interrupt();
        assertFalse(MigrationRehearsal.warmUp(Duration.ofMinutes(2)));
        assertTrue(Thread.interrupted());
    }
}
