// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.DeviceNodes;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** Lists, creates and removes devices in xenstore. */
final class DeviceTree {
    private static final XenStorePermission DOM0_OWNS = new XenStorePermission(0, XenStorePermission.NONE);
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final Pattern BACKEND = Pattern.compile(
            DomainPaths.DOMAINS + "/(\\d{1,5})/backend/(" + String.join("|", PvDevice.BACKENDS) + ")/\\d+/\\d+");

    private static final Logger LOG = LoggerFactory.getLogger(DeviceTree.class);

    private final StoreClient store;

    DeviceTree(StoreClient store) {
        this.store = store;
    }

    /**
     * All devices by kind, also those that driver domains serve, without channels, one for all PCI devices and one for all
     * USB devices.
     */
    List<PvDevice> devices(int domid) {
        return devices(store.direct(), domid);
    }

    static List<PvDevice> devices(StoreTransaction store, int domid) {
        List<PvDevice> devices = new ArrayList<>();
        for (String kind : store.list(new DomainPaths(domid).libxl() + "/device")) {
            if (PvDevice.KINDS.contains(kind)) {
                devices.addAll(devices(store, domid, kind));
            } else if (kind.equals(PvDevice.PCI) || kind.equals(PvDevice.USB)) {
                devices.add(new PvDevice(kind, kind, domid, 0));
            }
        }
        return List.copyOf(devices);
    }

    List<PvDevice> devices(int domid, String kind) {
        return devices(store.direct(), domid, kind);
    }

    private static List<PvDevice> devices(StoreTransaction store, int domid, String kind) {
        String parent = new DomainPaths(domid).libxl() + "/device/" + kind;
        List<PvDevice> devices = new ArrayList<>();
        for (String id : store.list(parent)) {
            Matcher backend =
                    BACKEND.matcher(store.read(parent + "/" + id + "/backend").orElse(""));
            boolean isOwnConsole = kind.equals(PvDevice.CONSOLE) && id.equals("0");
            if (NUMBER.matcher(id).matches() && backend.matches() && !isOwnConsole) {
                int server = Integer.parseInt(backend.group(1));
                devices.add(PvDevice.ofBackend(backend.group(2), domid, Integer.parseInt(id), server));
            }
        }
        return List.copyOf(devices);
    }

    Optional<PvDevice> find(int domid, String kind, int devid) {
        return devices(domid, kind).stream()
                .filter(device -> device.devid() == devid)
                .findFirst();
    }

    /**
     * Writes a new device, unless the domain has a device with that number.
     *
     * @param claim further checks and nodes of the device, in the same transaction
     * @param beforeWriting called before the first write; from then on nodes of the device may exist
     */
    void create(DeviceNodes nodes, Consumer<StoreTransaction> claim, Runnable beforeWriting) {
        PvDevice device = nodes.device();
        if (!device.isLocal()) {
            // Linux never takes back the error of an earlier device.
            store.direct().remove(device.errorPath());
        }
        store.inTransaction(transaction -> {
            if (!transaction.exists(new DomainPaths(device.domid()).libxlType())) {
                throw new DomainGoneException("attaching " + device + ": the domain is gone");
            }
            if (transaction.exists(device.libxlPath())) {
                throw new DeviceException(
                        "attaching " + device + ": the domain has that device already; detach it first");
            }
            claim.accept(transaction);
            beforeWriting.run();
            write(transaction, nodes);
            return device;
        });
    }

    private static void write(StoreTransaction transaction, DeviceNodes nodes) {
        PvDevice device = nodes.device();
        List<XenStorePermission> guestOwns = List.of(
                new XenStorePermission(device.domid(), XenStorePermission.NONE),
                new XenStorePermission(device.server(), XenStorePermission.READ));
        List<XenStorePermission> guestReads = List.of(
                new XenStorePermission(device.server(), XenStorePermission.NONE),
                new XenStorePermission(device.domid(), XenStorePermission.READ));
        String front = device.frontPath();
        String back = device.backPath();

        transaction.write(device.libxlPath(), "", List.of(DOM0_OWNS));
        transaction.write(front, "", guestOwns);
        transaction.write(front + "/backend", back);
        nodes.front().forEach((name, value) -> transaction.write(front + "/" + name, value, guestOwns));
        nodes.readOnlyFront().forEach((name, value) -> transaction.write(front + "/" + name, value, guestReads));

        transaction.write(back, "", guestReads);
        for (String directory : List.of(back, device.libxlPath())) {
            transaction.write(directory + "/frontend", front);
            nodes.back().forEach((name, value) -> transaction.write(directory + "/" + name, value));
        }
        transaction.write(device.libxlPath() + "/backend", back);
    }

    /** Adds nodes to the back end, unless another process has detached the device. */
    void addToBack(PvDevice device, Map<String, String> nodes) {
        addTo(List.of(device.backPath()), device, nodes);
    }

    /** Adds nodes to the back end and to the toolstack's copy, as {@link #create} does. */
    void add(PvDevice device, Map<String, String> nodes) {
        addTo(List.of(device.backPath(), device.libxlPath()), device, nodes);
    }

    private void addTo(List<String> directories, PvDevice device, Map<String, String> nodes) {
        store.inTransaction(transaction -> {
            if (!transaction.exists(device.backPath() + "/frontend")) {
                throw new DeviceException("attaching " + device + ": another process has detached the device");
            }
            directories.forEach(
                    directory -> nodes.forEach((name, value) -> transaction.write(directory + "/" + name, value)));
            return device;
        });
    }

    /** Asks the back end to close, and returns whether it exists. */
    boolean requestClose(StoreTransaction transaction, PvDevice device) {
        String state = device.backPath() + "/state";
        Optional<Long> now = transaction.readLong(state);
        if (now.isEmpty()) {
            return false;
        }
        transaction.write(device.backPath() + "/online", "0");
        if (XenbusState.of(now) != XenbusState.CLOSED) {
            transaction.write(state, XenbusState.CLOSING.word());
        }
        return true;
    }

    /**
     * Asks the back end in a driver domain to close, and returns whether it exists. Outside of a transaction: with a driver
     * domain that writes its nodes all the time, it would always conflict. If the back end or its domain has gone meanwhile,
     * nothing of what was written stays.
     */
    boolean requestRemoteClose(PvDevice device) {
        StoreTransaction direct = store.direct();
        if (!requestClose(direct, device)) {
            return false;
        }
        boolean exists = direct.exists(device.backPath() + "/frontend");
        if (!exists) {
            direct.remove(device.backPath());
            store.inTransaction(transaction -> {
                transaction.removeEmptyParents(List.of(device.backPath()));
                DomainPaths server = new DomainPaths(device.server());
                if (!transaction.exists(server.name()) && !transaction.exists(server.libxl())) {
                    transaction.remove(DomainPaths.DOMAINS + "/" + device.server());
                }
                return exists;
            });
        }
        return exists;
    }

    /**
     * Removes all nodes of a device if they still are what the caller has acted on.
     *
     * @param unchanged looks at the nodes in the transaction
     * @return whether they were
     */
    boolean remove(PvDevice device, Predicate<StoreTransaction> unchanged) {
        removeFront(device);
        return store.inTransaction(transaction -> {
            boolean remove = unchanged.test(transaction);
            if (remove) {
                List.of(device.backPath(), device.errorPath(), device.libxlPath())
                        .forEach(transaction::removeWithEmptyParents);
                transaction.removeEmptyParents(List.of(device.frontPath()));
            }
            return remove;
        });
    }

    /**
     * Removes all nodes of a device that a driver domain serves. A driver domain that writes its nodes all the time cannot
     * prevent that; empty directories may be left to it, and those of errors are.
     */
    void removeRemote(PvDevice device) {
        removeFront(device);
        store.direct().remove(device.backPath());
        store.direct().remove(device.errorPath());
        try {
            store.inTransaction(transaction -> {
                transaction.removeEmptyParents(List.of(device.backPath()));
                return device;
            });
        } catch (XenStoreException e) {
            if (!e.errno().equals(Optional.of(Errno.EAGAIN))) {
                throw e;
            }
            LOG.warn("{}: its empty directories below {} stay", device, PvDevice.backendRoot(device.server()), e);
        }
        store.inTransaction(transaction -> {
            transaction.removeWithEmptyParents(device.libxlPath());
            transaction.removeEmptyParents(List.of(device.frontPath()));
            return device;
        });
    }

    /** Outside of a transaction: a guest that writes the nodes of its front end all the time cannot delay it. */
    void removeFront(PvDevice device) {
        store.direct().remove(device.frontPath());
    }
}
