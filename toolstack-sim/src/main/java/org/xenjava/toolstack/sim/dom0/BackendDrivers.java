// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/**
 * The back ends of a domain: blkback and netback, and those of dom0's QEMUs. Each is a {@link Backend} as long as its directory in xenstore
 * exists, and acts only when xenstore changes.
 */
final class BackendDrivers {
    private static final List<String> OF_DOM0 = List.of("vbd", "qdisk", "vif", "console", "9pfs", "vfb", "vkbd");

    /** The back ends of a kernel without a QEMU. */
    private static final List<String> OF_A_KERNEL = List.of("vbd", "vif");

    /** What only a QEMU serves that has kept xenstore. Console 0 is xenconsoled's. */
    private static final List<String> OF_QEMU = List.of("console", "9pfs", "vfb", "vkbd");

    private static final String QEMU_DISK = "qdisk";
    private static final String CONFINED = "-xen-domid-restrict";

    private final String home;
    private final String root;
    private final Pattern pattern;
    private final StoreConnection store;
    private final HostKernel kernel;
    private final Map<String, Backend> backends = new HashMap<>();
    private final Map<Integer, Qemu> qemus = new HashMap<>();

    /** A QEMU of a domain. */
    private record Qemu(List<String> arguments, EmulatedDevices devices) {}

    private BackendDrivers(StoreConnection store, HostKernel kernel, int domid, List<String> kinds) {
        this.home = XenStored.home(domid);
        this.root = home + "/backend";
        this.pattern = Pattern.compile(root + "/(" + String.join("|", kinds) + ")/(\\d+)/(\\d+)(/.*)?");
        this.store = store;
        this.kernel = kernel;
    }

    /** The back ends of dom0. */
    static BackendDrivers ofDom0(StoreConnection store, HostKernel kernel) {
        return new BackendDrivers(store, kernel, 0, OF_DOM0);
    }

    /** The back ends of a driver domain's kernel. */
    static BackendDrivers ofDriverDomain(StoreConnection store, HostKernel kernel, int domid) {
        return new BackendDrivers(store, kernel, domid, OF_A_KERNEL);
    }

    void start() {
        store.watch(root, "backends", this::look);
    }

    private void look(XenStoreWatchEvent event) {
        Matcher device = pattern.matcher(event.path());
        if (device.matches()) {
            String path = root + "/" + device.group(1) + "/" + device.group(2) + "/" + device.group(3);
            Backend known = backends.get(path);
            if (known != null) {
                known.look();
            } else if (read(path + "/frontend").isPresent() && isServed(device, path)) {
                probe(path, device);
            }
        } else {
            // A directory above them may have been removed.
            Map.copyOf(backends).values().forEach(Backend::look);
        }
    }

    private boolean isServed(Matcher device, String path) {
        if (device.group(1).equals(QEMU_DISK) && !isEmulated(device.group(2))) {
            // QEMU leaves a disk alone that has no state yet.
            return qemu(device.group(2)).isPresent() && read(path + "/state").isPresent();
        }
        return !OF_QEMU.contains(device.group(1))
                || qemu(device.group(2))
                        .map(Qemu::arguments)
                        .filter(arguments -> !arguments.contains(CONFINED))
                        .filter(arguments -> !device.group(1).equals("console") || hasEnd(arguments, path))
                        .isPresent();
    }

    private Optional<Qemu> qemu(String domid) {
        return Optional.ofNullable(qemus.get(Integer.parseInt(domid)));
    }

    private boolean isEmulated(String domid) {
        return read("/libxl/" + domid + "/type").filter("hvm"::equals).isPresent();
    }

    /** Whether a QEMU has the character device that a console's node names. */
    private boolean hasEnd(List<String> arguments, String path) {
        String front = read(path + "/frontend").orElse("");
        String id = read(front + "/output").orElse("").replaceFirst("^chardev:", "id=");
        boolean ioemu = read(front + "/type").filter("ioemu"::equals).isPresent();
        return ioemu
                && arguments.stream().anyMatch(argument -> List.of(argument.split(","))
                        .subList(1, argument.split(",").length)
                        .contains(id));
    }

    /** A QEMU of a domain has started, and serves the devices that wait for it. */
    void qemuStarts(int domid, List<String> arguments, EmulatedDevices devices) {
        qemus.put(domid, new Qemu(arguments, devices));
        for (String kind : OF_QEMU) {
            lookAtAll(kind, domid);
        }
        lookAtAll(QEMU_DISK, domid);
        String disks = root + "/" + QEMU_DISK + "/" + domid + "/";
        backends.keySet().stream()
                .filter(path -> path.startsWith(disks))
                .flatMap(path -> writtenImage(path).stream())
                .forEach(devices::attach);
    }

    private void lookAtAll(String kind, int domid) {
        String directory = root + "/" + kind + "/" + domid;
        for (String id : list(directory)) {
            look(new XenStoreWatchEvent(directory + "/" + id, ""));
        }
    }

    /** The image of a disk that the guest may write. */
    private Optional<String> writtenImage(String path) {
        return read(path + "/mode").filter("w"::equals).flatMap(writable -> read(path + "/params"));
    }

    void qemuEnds(int domid) {
        qemus.remove(domid);
    }

    private List<String> list(String directory) {
        try {
            return store.directory(XenStore.NO_TRANSACTION, directory);
        } catch (XenLibException missing) {
            return List.of();
        }
    }

    private void probe(String path, Matcher device) {
        String node = "backend/" + device.group(1) + "/" + device.group(2) + "/" + device.group(3);
        Backend.Driver driver =
                switch (device.group(1)) {
                    case "vif" -> new Netback(path, "vif" + device.group(2) + "." + device.group(3));
                    case "vbd" -> new Blkback(path, node);
                    case QEMU_DISK -> new QemuDisk(path, device.group(2));
                    default -> new QemuDevice();
                };
        Backend backend = new Backend(path, store, driver, () -> backends.remove(path));
        backends.put(path, backend);
        backend.probe();
    }

    private Optional<String> read(String path) {
        try {
            return Optional.of(new String(store.read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }

    private void write(String path, String value) {
        store.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    /** The kernel's disk back end: opens the block device that the toolstack names. */
    private final class Blkback implements Backend.Driver {
        private final String path;
        private final String node;
        private Optional<HostFile.BlockDevice> opened = Optional.empty();

        private Blkback(String path, String node) {
            this.path = path;
            this.node = node;
        }

        @Override
        public boolean isReady() {
            if (opened.isEmpty()) {
                read(path + "/physical-device").ifPresent(this::open);
            }
            return opened.isPresent();
        }

        private void open(String physicalDevice) {
            String[] numbers = physicalDevice.split(":");
            HostFile.BlockDevice device =
                    new HostFile.BlockDevice(Integer.parseInt(numbers[0], 16), Integer.parseInt(numbers[1], 16));
            if (kernel.open(device)) {
                opened = Optional.of(device);
            } else {
                write(home + "/error/" + node + "/error", "19 creating vbd structure");
            }
        }

        @Override
        public void connect() {
            write(path + "/sectors", "2048");
            write(path + "/sector-size", "512");
        }

        @Override
        public void close() {
            opened.ifPresent(kernel::close);
            opened = Optional.empty();
        }
    }

    /**
     * The network back end: creates an interface at once, and connects when the toolstack has added it to its bridge.
     */
    private final class Netback implements Backend.Driver {
        private final String path;
        private final String link;
        private final String tap;

        private Netback(String path, String link) {
            this.path = path;
            this.link = link;
            this.tap = link + "-emu";
            kernel.addLink(link);
            if (read(path + "/type").filter("vif_ioemu"::equals).isPresent()) {
                // The interface of a device model: the simulated QEMU creates none itself.
                kernel.addLink(tap);
            }
        }

        @Override
        public boolean isReady() {
            return read(path + "/hotplug-status").filter("connected"::equals).isPresent();
        }

        @Override
        public void connect() {
            // QEMU writes no further nodes.
        }

        @Override
        public void close() {
            kernel.removeLink(link);
            kernel.removeLink(tap);
        }
    }

    /** Another device that QEMU serves. */
    private static final class QemuDevice implements Backend.Driver {
        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void connect() {
            // The simulated QEMU moves no data.
        }

        @Override
        public void close() {
            // QEMU holds no resource of the simulated kernel.
        }
    }

    /** A disk that QEMU serves. Like QEMU 7.2, one without a machine to emulate refuses read-only disks. */
    private final class QemuDisk implements Backend.Driver {
        private final boolean accepted;
        private final String domid;
        private final Optional<String> image;

        private QemuDisk(String path, String domid) {
            this.domid = domid;
            image = writtenImage(path);
            accepted = isEmulated(domid) || image.isPresent();
            image.ifPresent(
                    opened -> qemu(domid).ifPresent(qemu -> qemu.devices().attach(opened)));
        }

        @Override
        public boolean accepts() {
            return accepted;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void connect() {
            // QEMU writes no further nodes.
        }

        @Override
        public void close() {
            image.ifPresent(
                    opened -> qemu(domid).ifPresent(qemu -> qemu.devices().detach(opened)));
        }
    }
}
