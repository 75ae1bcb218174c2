// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.Presence;

/** A Linux guest migrates within one host of real Xen, in each protocol, and keeps its memory. */
@Tag("shares-host")
class MigrateLabTest extends LabFixture {
    private static final String NAME = "mover";
    static final String CHECKSUM = "sh cat /fill/* | md5sum";

    /** The bytes after which the link is lost, in the middle of the memory. */
    private static final long CUT = 20_000_000;

    /** Returns the bytes that were sent. */
    private long migrate(MigrationProtocol protocol) throws IOException {
        return LabPipes.migrate(toolstack, named(NAME), protocol);
    }

    static String checksum(String answer) {
        return answer.lines()
                .filter(line -> line.strip().matches("[0-9a-f]{32} .*"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no checksum in: " + answer))
                .strip();
    }

    @Test
    void aMigrationGoesOnAfterItsLinkWasCutAndKeepsTheMemory() throws IOException {
        LabGuest guest = boot(toolstack.create(LabGuest.config(NAME, 128, 128).build()));
        guest.say("fill 24");
        String before = checksum(guest.say(CHECKSUM));
        assertEquals(1, LabPipes.migrateCutting(toolstack, named(NAME), CUT));
        assertEquals(before, checksum(moved().say(CHECKSUM)));
        assertTrue(toolstack.leftovers().find().isEmpty());
    }

    /** xenconsoled names the log after the name of the domain that was built. */
    private LabGuest moved() {
        return new LabGuest(NAME + Presence.INCOMING, named(NAME).console().terminal(CONSOLE));
    }

    @Test
    void aGuestMigratesInEachProtocolAndKeepsItsMemory() throws IOException {
        LabGuest guest = boot(toolstack.create(LabGuest.config(NAME, 128, 128).build()));
        guest.say("fill 24");
        String before = checksum(guest.say(CHECKSUM));
        Map<MigrationProtocol, Long> bytes = new EnumMap<>(MigrationProtocol.class);
        for (MigrationProtocol protocol :
                new MigrationProtocol[] {MigrationProtocol.XL, MigrationProtocol.OWN, MigrationProtocol.OWN_COMPRESSED
                }) {
            bytes.put(protocol, migrate(protocol));
            assertEquals(before, checksum(moved().say(CHECKSUM)), protocol + "");
        }
        assertTrue(bytes.get(MigrationProtocol.OWN) < bytes.get(MigrationProtocol.XL), bytes.toString());
        assertTrue(bytes.get(MigrationProtocol.OWN_COMPRESSED) < bytes.get(MigrationProtocol.OWN), bytes.toString());
    }
}
