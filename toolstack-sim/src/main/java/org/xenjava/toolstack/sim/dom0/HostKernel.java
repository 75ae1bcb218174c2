// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * The simulated dom0's kernel: loop devices, block devices, bridges and network interfaces. Image files are those of
 * the computer that the simulation runs on. The machine's lock guards it.
 */
final class HostKernel {
    private static final int LOOP_MAJOR = 7;
    private static final int DISK_MAJOR = 253;
    private static final String LOOP = "/dev/loop";
    private static final int LONGEST_NAME = 15;

    private final Map<String, HostFile.BlockDevice> disks = new HashMap<>();
    private final Set<String> bridges;
    private final SortedMap<Integer, String> loops = new TreeMap<>();
    private final Map<HostFile.BlockDevice, Integer> openings = new HashMap<>();
    private final Set<Integer> detachedWhenClosed = new HashSet<>();
    private final SortedMap<String, NetworkInterface> links = new TreeMap<>();

    HostKernel(Collection<String> blockDevices, Collection<String> bridges) {
        blockDevices.forEach(path -> disks.put(path, new HostFile.BlockDevice(DISK_MAJOR, disks.size())));
        this.bridges = Set.copyOf(bridges);
    }

    // ---- block devices ------------------------------------------------------------------------------------

    HostFile file(String path) {
        if (disks.containsKey(path)) {
            return disks.get(path);
        }
        if (path.startsWith(LOOP) && path.substring(LOOP.length()).matches("\\d{1,4}")) {
            return new HostFile.BlockDevice(LOOP_MAJOR, Integer.parseInt(path.substring(LOOP.length())));
        }
        Path file = Path.of(path);
        if (Files.isRegularFile(file)) {
            return identified(file);
        }
        return Files.exists(file) ? new HostFile.Other() : new HostFile.Absent();
    }

    /** Adds a block device, or finds it. */
    HostFile.BlockDevice addDisk(String path) {
        return disks.computeIfAbsent(path, name -> new HostFile.BlockDevice(DISK_MAJOR, disks.size()));
    }

    private static HostFile identified(Path file) {
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino");
            return new HostFile.Regular(
                    (long) requireNonNull(attributes.get("dev")), (long) requireNonNull(attributes.get("ino")));
        } catch (IOException e) {
            return new HostFile.Absent();
        }
    }

    int freeLoop() {
        int loop = 0;
        while (loops.containsKey(loop)) {
            loop++;
        }
        return loop;
    }

    void attachLoop(int loop, String file) {
        if (!(file(file) instanceof HostFile.Regular)) {
            throw new XenRefusal(Errno.ENOENT);
        }
        if (loops.putIfAbsent(loop, file) != null) {
            throw new XenRefusal(Errno.EBUSY);
        }
    }

    /** Detaches a loop device, or marks it to be detached when the last back end closes it. */
    void detachLoop(int loop) {
        if (openings.containsKey(new HostFile.BlockDevice(LOOP_MAJOR, loop))) {
            detachedWhenClosed.add(loop);
        } else {
            loops.remove(loop);
        }
    }

    SortedMap<Integer, String> loops() {
        return new TreeMap<>(loops);
    }

    /** Opens a device for a back end; false if it does not exist or is a loop device without a file. */
    boolean open(HostFile.BlockDevice device) {
        boolean exists = device.major() == LOOP_MAJOR ? loops.containsKey(device.minor()) : disks.containsValue(device);
        if (exists) {
            openings.merge(device, 1, Integer::sum);
        }
        return exists;
    }

    void close(HostFile.BlockDevice device) {
        openings.computeIfPresent(device, (open, count) -> count == 1 ? null : count - 1);
        boolean last = !openings.containsKey(device);
        if (last && device.major() == LOOP_MAJOR && detachedWhenClosed.remove(device.minor())) {
            loops.remove(device.minor());
        }
    }

    // ---- network interfaces -------------------------------------------------------------------------------

    /** Creates an interface for a driver. */
    void addLink(String name) {
        links.put(name, NetworkInterface.fresh(name));
    }

    /** Removes the interface that a driver created under that name, also if it was renamed. */
    void removeLink(String origin) {
        links.values().removeIf(link -> link.origin().equals(origin));
    }

    boolean linkExists(String name) {
        return bridges.contains(name) || links.containsKey(name);
    }

    SortedMap<String, NetworkInterface> links() {
        return new TreeMap<>(links);
    }

    void joinBridge(String bridge, String name) {
        if (!bridges.contains(bridge)) {
            throw new XenRefusal(Errno.ENODEV);
        }
        change(name, link -> link.in(bridge));
    }

    void setMtu(String name, int bytes) {
        change(name, link -> link.withMtu(bytes));
    }

    void setAddress(String name, String address) {
        change(name, link -> link.withAddress(address));
    }

    void bringUp(String name) {
        change(name, NetworkInterface::running);
    }

    void rename(String name, String newName) {
        NetworkInterface link = require(name);
        if (link.up()) {
            throw new XenRefusal(Errno.EBUSY);
        }
        if (newName.length() > LONGEST_NAME) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (linkExists(newName)) {
            throw new XenRefusal(Errno.EEXIST);
        }
        links.remove(name);
        links.put(newName, link);
    }

    private void change(String name, UnaryOperator<NetworkInterface> change) {
        links.put(name, change.apply(require(name)));
    }

    private NetworkInterface require(String name) {
        return Optional.ofNullable(links.get(name)).orElseThrow(() -> new XenRefusal(Errno.ENODEV));
    }
}
