// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;

/** Linux in domain 0. */
public final class LinuxControlDomain implements ControlDomain {
    /** The file that xl locks, unless {@code lockfile} in xl.conf names another. */
    public static final Path XL_LOCK = Path.of("/var/lock/xl");

    private static final Path SYS = Path.of("/sys");

    private static final Path PCI_DEVICES = Path.of("/sys/bus/pci/devices");

    private static final Logger LOG = LoggerFactory.getLogger(LinuxControlDomain.class);
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+(\\d{1,15}) kB$");
    private static final long KIB = 1024;

    /**
     * Locks of this process. The kernel's belong to the process: they do not exclude its threads, and closing any other
     * channel to the file ends them.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path meminfo;
    private final Path lockFile;

    LinuxControlDomain(Path meminfo, Path lockFile) {
        this.meminfo = meminfo;
        this.lockFile = lockFile;
    }

    /**
     * {@return the system of this process}
     *
     * @param lockFile the file that xl locks
     */
    public static LinuxControlDomain installed(Path lockFile) {
        return new LinuxControlDomain(Path.of("/proc/meminfo"), lockFile);
    }

    @Override
    public long availableBytes() {
        try {
            Matcher found = AVAILABLE.matcher(Files.readString(meminfo));
            if (found.find()) {
                return Long.parseLong(found.group(1)) * KIB;
            }
            throw new HostMemoryException(meminfo + " has no MemAvailable: domain 0 keeps its size");
        } catch (IOException e) {
            throw new HostMemoryException(
                    "domain 0 keeps its size, since its available memory cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public List<String> pciDevices() {
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(PCI_DEVICES)) {
            List<String> names = new ArrayList<>();
            devices.forEach(device -> names.add(String.valueOf(device.getFileName())));
            return names;
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("no PCI devices: {}", e.getMessage());
            return List.of();
        }
    }

    @Override
    public long counter(String path) {
        try {
            return Long.parseLong(Files.readString(SYS.resolve(path)).strip());
        } catch (IOException | NumberFormatException e) {
            LOG.debug("no counter {}: {}", path, e.getMessage());
            return 0;
        }
    }

    /** The lock is xl's: fcntl(2) with F_WRLCK over the whole file. */
    @Override
    public Optional<XlLock> tryLock() {
        if (!HELD_HERE.add(lockFile)) {
            return Optional.empty();
        }
        Optional<XlLock> lock = Optional.empty();
        try {
            FileChannel channel = FileChannel.open(
                    lockFile,
                    EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            lock = locked(channel);
            if (lock.isEmpty()) {
                channel.close();
            }
            return lock;
        } catch (IOException e) {
            throw new HostMemoryException(
                    "domain 0 keeps its size, since xl's lock " + lockFile + " cannot be taken: " + e.getMessage(), e);
        } finally {
            if (lock.isEmpty()) {
                HELD_HERE.remove(lockFile);
            }
        }
    }

    private Optional<XlLock> locked(FileChannel channel) throws IOException {
        FileLock lock = channel.tryLock();
        return lock == null ? Optional.empty() : Optional.of(() -> unlock(channel));
    }

    private void unlock(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("{} cannot be closed: {}", lockFile, e.getMessage());
        } finally {
            HELD_HERE.remove(lockFile);
        }
    }
}
