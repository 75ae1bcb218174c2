// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainStateException;

/**
 * Records of the work for each device, in files that survive the server and end with the domain's boot. With them the next
 * server releases the loop devices of disks whose nodes are gone. Safe to use from many threads.
 */
final class ServedRecords implements AutoCloseable {
    private static final Pattern FILE = Pattern.compile("(vif|vbd)-(\\d{1,5})-(\\d{1,9})");
    private static final String IDENTITY = "identity";
    private static final String READ_ONLY = "r";

    private final Path directory;
    private final int own;
    private final FileChannel lock;
    private final Map<PvDevice, Map<String, String>> records = new LinkedHashMap<>();

    private ServedRecords(Path directory, int own, FileChannel lock) {
        this.directory = directory;
        this.own = own;
        this.lock = lock;
    }

    /**
     * Reads the records that an earlier server has left.
     *
     * @param own number of this domain
     * @throws DomainStateException if another server runs, or the directory cannot be used
     */
    static ServedRecords open(Path directory, int own) {
        try {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            FileChannel lock =
                    FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            ServedRecords records = new ServedRecords(directory, own, lock);
            if (!isFree(lock)) {
                lock.close();
                throw new DomainStateException("another device server runs in this domain: it has locked " + directory);
            }
            records.readAll();
            return records;
        } catch (IOException e) {
            throw new DomainStateException("the records of the device server in " + directory + ": " + e, e);
        }
    }

    private static boolean isFree(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private synchronized void readAll() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Matcher name = FILE.matcher(file.getFileName().toString());
                if (name.matches()) {
                    PvDevice device = PvDevice.ofBackend(
                            name.group(1), Integer.parseInt(name.group(2)), Integer.parseInt(name.group(3)), own);
                    records.put(device, read(file));
                }
            }
        }
    }

    private static Map<String, String> read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
        Map<String, String> nodes = new TreeMap<>();
        properties.stringPropertyNames().forEach(name -> nodes.put(name, properties.getProperty(name)));
        return nodes;
    }

    synchronized Map<PvDevice, Map<String, String>> all() {
        return Map.copyOf(records);
    }

    synchronized Optional<Map<String, String>> of(PvDevice device) {
        return Optional.ofNullable(records.get(device));
    }

    /**
     * Records the beginning of the work for a device.
     *
     * @param nodes what the end of the work needs
     */
    synchronized void put(PvDevice device, Map<String, String> nodes) {
        Properties properties = new Properties();
        properties.putAll(nodes);
        Path file = file(device);
        Path partial = directory.resolve(file.getFileName() + ".partial");
        try {
            try (Writer writer = Files.newBufferedWriter(partial)) {
                properties.store(writer, null);
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new DeviceException("attaching " + device + ": " + file + " cannot be written: " + e, e);
        }
        records.put(device, Map.copyOf(nodes));
    }

    /**
     * Records a disk with the identity of its target, unless another domain's disk would be written at the same time.
     *
     * @param identity the same for each path to one file or block device
     * @throws DeviceException if another device has the target, and one of both can write it
     */
    synchronized void claim(PvDevice device, Map<String, String> nodes, String identity) {
        boolean reads = isReadOnly(nodes);
        records.forEach((other, theirs) -> {
            boolean same = !other.equals(device) && identity.equals(theirs.get(IDENTITY));
            if (same && !(reads && isReadOnly(theirs))) {
                throw new DeviceException("attaching " + device + ": " + other + " has " + nodes.get("params")
                        + " too, and one of them would write it");
            }
        });
        put(device, nodes, Optional.of(identity));
    }

    /** Records a device with the identity of its target, if it is known. */
    void put(PvDevice device, Map<String, String> nodes, Optional<String> identity) {
        Map<String, String> all = new TreeMap<>(nodes);
        identity.ifPresent(known -> all.put(IDENTITY, known));
        put(device, all);
    }

    private static boolean isReadOnly(Map<String, String> nodes) {
        return READ_ONLY.equals(nodes.get("mode"));
    }

    synchronized void remove(PvDevice device) {
        try {
            Files.deleteIfExists(file(device));
        } catch (IOException e) {
            throw new DeviceException("removing " + device + ": " + file(device) + " cannot be removed: " + e, e);
        }
        records.remove(device);
    }

    private Path file(PvDevice device) {
        return directory.resolve(device.backend() + "-" + device.domid() + "-" + device.devid());
    }

    /** Lets another server begin. The records stay. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new DomainStateException("closing " + directory + ": " + e, e);
        }
    }
}
