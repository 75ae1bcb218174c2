// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.XenStoreException;

class MigrationReceiverTest {
    /** A guest that can neither be taken over nor removed. */
    private static final class Stuck implements MigrationReceiver.Arrival {
        private final DeviceModelException cause = new DeviceModelException("QEMU has ended");
        private final XenStoreException consequence = new XenStoreException("removing the domain: EIO");

        @Override
        public void takeOver() {
            throw cause;
        }

        @Override
        public void abandon() {
            throw consequence;
        }
    }

    @Test
    void theCauseOfAFailureIsThrownAlsoIfTheDomainCannotBeRemoved() throws IOException {
        TestCable cable = new TestCable();
        Stuck guest = new Stuck();
        try (TimedLink link = new TimedLink(cable.sender(), Duration.ofSeconds(20))) {
            new Handshake(link).send(Handshake.GO);
            MigrationReceiver receiver = new MigrationReceiver(cable.receiver(), TwoHosts.LIMITS, () -> {});
            DeviceModelException thrown =
                    assertThrows(DeviceModelException.class, () -> receiver.receive(stream -> guest));
            assertSame(guest.cause, thrown);
            assertEquals(1, thrown.getSuppressed().length);
            assertSame(guest.consequence, thrown.getSuppressed()[0]);
        }
    }
}
