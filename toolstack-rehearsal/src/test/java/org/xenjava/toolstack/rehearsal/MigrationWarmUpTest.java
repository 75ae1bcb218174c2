// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MigrationPracticeTest {
    @Test
    void aSmallGuestMigratesAgainAndAgain() {
        assertTrue(MigrationRehearsal.practise());
        assertTrue(MigrationRehearsal.practise());
    }
}
