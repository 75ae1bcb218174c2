// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;

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

    private static long written(LabGuest guest) {
        return guest.say("sh cat /written")
                .lines()
                .map(String::strip)
                .filter(line -> line.matches("\\d+"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    /** The guest writes new clusters all the time. */
    @Test
    void aDiskThatQemuServesStaysWholeThroughAFailedMigrationAMigrationAndASave() throws IOException {
        LabGuest guest = boot(toolstack.create(LabGuest.config(NAME, 128, 128)
                .disks(List.of(DiskConfig.builder("xvda")
                        .target(HvmMigrateLabTest.emptyQcow2().toString())
                        .format(DiskConfig.Format.QCOW2)
                        .build()))
                .build()));
        guest.say("sh dd if=/dev/urandom of=/dev/xvda bs=64k count=16 conv=fsync 2>/dev/null");
        String disk = checksum(guest.say(HvmMigrateLabTest.DISK_CHECKSUM));
        String block =
                checksum(guest.say("sh dd if=/dev/urandom of=/block bs=64k count=1 2>/dev/null; md5sum </block"));
        guest.say(HvmMigrateLabTest.WRITER);

        MigrationException failure = LabPipes.migrateInVain(toolstack, named(NAME));
        assertTrue(failure.getMessage().endsWith("the guest runs on here"), failure.getMessage());
        long before = written(guest);
        Dom0.await("a block written after the failure", CONSOLE, () -> Optional.of(written(guest))
                .filter(now -> now > before + 1));

        LabPipes.migrate(toolstack, named(NAME), MigrationProtocol.AUTO);
        LabGuest moved = moved();
        long after = written(moved);
        Dom0.await("a block written after the migration", CONSOLE, () -> Optional.of(written(moved))
                .filter(now -> now > after + 1));

        Path file = Files.createTempFile(NAME, ".save");
        named(NAME).saving().save(file, DomainSaving.Afterwards.DESTROY);
        Domain restored = toolstack.restore(file, CreateListener.NONE, new Cancellation());
        restored.unpause();
        LabGuest again = new LabGuest(NAME, restored.console().terminal(CONSOLE));
        assertEquals(disk, checksum(again.say(HvmMigrateLabTest.DISK_CHECKSUM)));
        String blocks = again.say(HvmMigrateLabTest.WRITTEN);
        Dom0.report(before + ", " + after + ", " + written(again) + " blocks: " + blocks);
        HvmMigrateLabTest.assertAllWritten(block, blocks);
        assertTrue(toolstack.leftovers().find().isEmpty());
    }
}
