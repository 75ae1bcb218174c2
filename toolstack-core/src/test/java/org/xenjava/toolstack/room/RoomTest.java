// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.DomainStateException;

class RoomTest {
    @Test
    void aReleaseThatFailsDoesNotFailAFinishedBuild() {
        Room room = new Room(() -> {
            throw new DomainStateException("xenstored is gone");
        });
        assertDoesNotThrow(room::close);
    }
}
