// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain.XlLock;

/** Files of a real kernel. */
class LinuxControlDomainTest {
    @TempDir
    private Path directory = Path.of("/");

    private LinuxControlDomain domain0(String meminfo) throws IOException {
        return new LinuxControlDomain(
                Files.writeString(directory.resolve("meminfo"), meminfo), directory.resolve("xl"));
    }

    @Test
    void theAvailableMemoryIsTheKernels() throws IOException {
        assertEquals(
                3_731_796L * 1024,
                domain0("MemTotal:        3813420 kB\nMemFree:  1 kB\nMemAvailable:    3731796 kB\n")
                        .availableBytes());
        assertTrue(LinuxControlDomain.installed(directory.resolve("xl")).availableBytes() > 0);
    }

    @Test
    void memoryThatCannotBeReadIsOneTypedError() throws IOException {
        assertThrows(HostMemoryException.class, domain0("MemFree: 1 kB\n")::availableBytes);
        LinuxControlDomain without = new LinuxControlDomain(directory.resolve("none"), directory.resolve("xl"));
        assertThrows(HostMemoryException.class, without::availableBytes);
    }

    @Test
    void oneOfTwoHoldersInOneProcessGetsTheLock() throws IOException {
        LinuxControlDomain first = domain0("");
        XlLock lock = first.tryLock().orElseThrow();
        assertTrue(domain0("").tryLock().isEmpty());
        assertTrue(first.tryLock().isEmpty());
        assertTrue(isLockedForOthers());
        lock.close();
        domain0("").tryLock().orElseThrow().close();
    }

    /** The kernel's list of locks has the inode of the file. */
    private boolean isLockedForOthers() throws IOException {
        String inode = Files.getAttribute(directory.resolve("xl"), "unix:ino").toString();
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .anyMatch(line -> line.contains("POSIX") && line.contains("WRITE") && line.contains(":" + inode + " "));
    }

    @Test
    void aLockThatCannotBeTakenIsOneTypedError() {
        LinuxControlDomain nowhere =
                new LinuxControlDomain(directory.resolve("meminfo"), directory.resolve("missing/xl"));
        assertThrows(HostMemoryException.class, nowhere::tryLock);
        assertThrows(HostMemoryException.class, nowhere::tryLock);
    }
}
