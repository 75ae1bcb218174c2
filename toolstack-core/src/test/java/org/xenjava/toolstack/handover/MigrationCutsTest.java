// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationProtocol;

/** Cuts and damages the link of a migration at the sender's messages, in both protocols. */
class MigrationCutsTest {
    /** The last messages, at each of which the link is cut: records, the end of the stream, the permission. */
    private static final int LAST = 9;

    /** Other messages at which the link is cut; {@code -Dpoints=N} takes more. */
    private static final int POINTS = Integer.getInteger("points", 6);

    private static DomainConfig.Builder guest() {
        return TestHost.guest("web", 17, 17);
    }

    private static TestCable uncut(MigrationProtocol protocol, Supplier<DomainConfig.Builder> guest) {
        TestCable cable = new TestCable();
        try (TwoHosts hosts = TwoHosts.create().using(protocol)) {
            hosts.start(guest.get());
            assertEquals(List.of(), hosts.migrate(cable));
            assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        }
        return cable;
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationProtocol.class,
            names = {"XL", "OWN", "OWN_COMPRESSED"})
    void exactlyOneRunsWhereverTheLinkIsCut(MigrationProtocol protocol) {
        cutEverywhere(protocol, MigrationCutsTest::guest);
    }

    /** One host at most ever has the image open for writing, and the guest's host has it in the end. */
    @Test
    void noTwoQemusOfAPvhGuestWriteItsDiskWhereverTheLinkIsCut(@TempDir Path directory) {
        cutEverywhere(MigrationProtocol.OWN, () -> TwoHosts.guestWithQemuDisk(directory));
    }

    private static void cutEverywhere(MigrationProtocol protocol, Supplier<DomainConfig.Builder> guest) {
        long writes = uncut(protocol, guest).upWrites();
        assertTrue(writes > LAST + 4, "a migration is more than " + writes + " messages");
        LongStream.concat(
                        LongStream.range(0, POINTS).map(point -> point * (writes - LAST) / POINTS),
                        LongStream.rangeClosed(writes - LAST, writes + 1))
                .forEach(point -> cut(protocol, guest.get(), point, writes));
    }

    private static void cut(MigrationProtocol protocol, DomainConfig.Builder guest, long point, long writes) {
        try (TwoHosts hosts = TwoHosts.create().using(protocol)) {
            hosts.start(guest);
            List<Throwable> failures = hosts.migrate(new TestCable().breakingUpAfterWrites(point));
            String after = protocol + " cut after message " + point + " of about " + writes;
            // The number of messages varies with what the guest writes meanwhile.
            TestHost there = hosts.assertOneRuns(after);
            assertEquals(failures.isEmpty(), there == hosts.target, after + failures);
            hosts.assertOneRunsAndNothingElseIsLeft(after);
        }
    }

    private static void damaged(long part, LongFunction<String> expected) {
        long bytes = uncut(MigrationProtocol.OWN, MigrationCutsTest::guest).upBytes();
        try (TwoHosts hosts = TwoHosts.create().using(MigrationProtocol.OWN)) {
            hosts.start(17, 17);
            long offset = bytes * part / 100;
            List<Throwable> failures = hosts.migrate(new TestCable().damagingUp(offset));
            assertEquals(2, failures.size(), failures.toString());
            String message = String.valueOf(failures.get(0).getMessage());
            assertTrue(message.contains(expected.apply(offset)), failures.toString());
            assertTrue(message.endsWith("the guest runs on here"), failures.toString());
            assertTrue(failures.get(1) instanceof SaveStreamException, failures.toString());
            assertSame(hosts.source, hosts.assertOneRuns(message));
            hosts.assertOneRunsAndNothingElseIsLeft(message);
        }
    }

    @Test
    void aDamagedByteOfAPageIsNoticedAndTheSenderGetsTheReason() {
        damaged(40, offset -> "the other host refuses the guest");
        damaged(60, offset -> "the checksum of");
    }
}
