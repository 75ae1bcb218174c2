// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.userdata;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainFileException;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.xenctrl.lib.AdvisoryLocks;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaAdvisoryLocks;

class UserdataTest {
    private static final UUID WEB = UUID.fromString("96f57132-eaec-11f1-bd84-9e119f40780f");
    private static final String JSON = "userdata-d.7." + WEB + ".libxl-json";
    private static final String LOCK = "userdata-l.7." + WEB + ".domain-userdata-lock";

    private static final LibxlConfig CONFIG = LibxlConfig.of(DomainConfig.builder("web")
            .kernel(Path.of("/k"))
            .memoryMib(64)
            .uuid(WEB)
            .build());
    private static final DiskConfig DISK =
            DiskConfig.builder("xvda").target("/d").build();

    @TempDir
    Path directory;

    private final AdvisoryLocks locks = JnaAdvisoryLocks.open();
    private final AtomicInteger pauses = new AtomicInteger();

    private Userdata userdata() {
        return Userdata.in(directory, locks, time -> pauses.incrementAndGet());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aConfigurationIsStoredForRootOnlyWithLibxlsNameAndEnd() throws IOException {
        userdata().write(7, WEB, CONFIG);
        assertEquals(List.of(JSON), files());
        Path file = directory.resolve(JSON);
        assertEquals(CONFIG.text() + "\0", Files.readString(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(Optional.of(CONFIG), userdata().read(7, WEB));
        assertEquals(Optional.empty(), userdata().read(8, WEB));
    }

    @Test
    void aChangeReplacesTheFile() throws IOException {
        userdata().write(7, WEB, CONFIG);
        userdata().change(7, WEB, () -> true, config -> config.withDisk(DISK));
        assertEquals(Optional.of(CONFIG.withDisk(DISK)), userdata().read(7, WEB));
        assertEquals(List.of(JSON), files());
    }

    @Test
    void aDomainThatIsGoneOrHasNoFileGetsNone() throws IOException {
        userdata().change(7, WEB, () -> true, config -> config.withDisk(DISK));
        assertEquals(List.of(), files());
        userdata().write(7, WEB, CONFIG);
        userdata().change(7, WEB, () -> false, config -> config.withDisk(DISK));
        assertEquals(Optional.of(CONFIG), userdata().read(7, WEB));
    }

    @Test
    void aRemovalTakesAllFilesOfTheDomainAndNoOthers() throws IOException {
        String other = "userdata-d.70." + WEB + ".libxl-json";
        Files.writeString(directory.resolve(other), "");
        Files.writeString(directory.resolve("userdata-n.7." + WEB + ".libxl-json"), "half");
        userdata().write(7, WEB, CONFIG);
        userdata().writeNextConfig(7, WEB, "name = \"web\"\n");
        userdata().remove(7, WEB);
        assertEquals(List.of(other), files());
        userdata().remove(7, WEB);
        assertEquals(List.of(other), files());
    }

    @Test
    void theFilesFollowAnotherUuid() {
        UUID aside = new UUID(1, 2);
        userdata().write(7, WEB, CONFIG);
        userdata().move(7, WEB, aside);
        assertEquals(Optional.empty(), userdata().read(7, WEB));
        assertEquals(Optional.of(CONFIG), userdata().read(7, aside));
    }

    @Test
    void theTextForTheNextBootHasNoNul() throws IOException {
        userdata().writeNextConfig(7, WEB, "name = \"web\"\n");
        assertEquals("name = \"web\"\n", Files.readString(directory.resolve("userdata-d.7." + WEB + ".xl")));
        assertEquals(Optional.of("name = \"web\"\n"), userdata().nextConfig(7, WEB));
        userdata().removeNextConfig(7, WEB);
        assertEquals(Optional.empty(), userdata().nextConfig(7, WEB));
    }

    @Test
    void aLockThatAnotherProcessHoldsIsAwaited() throws IOException {
        Path lock = Files.createFile(directory.resolve(LOCK));
        AdvisoryLocks.Held held = locks.tryLock(lock).orElseThrow();
        Userdata waiting = Userdata.in(directory, locks, time -> {
            if (pauses.incrementAndGet() == 3) {
                held.close();
            }
        });
        waiting.write(7, WEB, CONFIG);
        assertEquals(3, pauses.get());
        assertEquals(List.of(JSON), files());
    }

    /** As libxl does: a holder removes the file, and whoever opened it before has locked nothing. */
    @Test
    void aLockedFileThatIsNoLongerAtThePathIsNoLock() throws IOException {
        Path lock = Files.createFile(directory.resolve(LOCK));
        AtomicInteger tries = new AtomicInteger();
        AdvisoryLocks removing = file -> {
            Optional<AdvisoryLocks.Held> held = locks.tryLock(file);
            if (tries.incrementAndGet() == 1) {
                assertTrue(held.orElseThrow().isOf(lock));
                lock.toFile().delete();
                assertFalse(held.orElseThrow().isOf(lock));
            }
            return held;
        };
        Userdata.in(directory, removing, time -> pauses.incrementAndGet()).write(7, WEB, CONFIG);
        assertEquals(2, tries.get());
        assertEquals(List.of(JSON), files());
    }

    @Test
    void aLockThatIsNeverReleasedEndsTheWait() throws IOException {
        Path lock = Files.createFile(directory.resolve(LOCK));
        Duration[] waited = {Duration.ZERO};
        Userdata waiting = Userdata.in(directory, locks, time -> waited[0] = waited[0].plus(time));
        try (AdvisoryLocks.Held held = locks.tryLock(lock).orElseThrow()) {
            assertTrue(held.isOf(lock));
            assertThrows(OperationTimeoutException.class, () -> waiting.read(7, WEB));
        }
        assertEquals(UserdataLock.LIMIT, waited[0]);
    }

    @Test
    void aDirectoryThatIsMissingIsAnErrorForAWriterOnly() {
        Userdata missing = Userdata.in(directory.resolve("missing"), locks, time -> {});
        assertThrows(DomainFileException.class, () -> missing.write(7, WEB, CONFIG));
        missing.remove(7, WEB);
    }

    @Test
    void aFileThatIsNoConfigurationIsRefused() throws IOException {
        Files.writeString(directory.resolve(JSON), "nonsense\0");
        assertThrows(ConfigException.class, () -> userdata().read(7, WEB));
    }

    @Test
    void withoutADirectoryNothingIsStored() {
        Userdata none = Userdata.none();
        none.write(7, WEB, CONFIG);
        assertFalse(none.isOn());
        assertEquals(Optional.empty(), none.read(7, WEB));
    }
}
