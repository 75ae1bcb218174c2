// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;

/**
 * The nodes of the back ends of this domain. Only nodes below the domain's own {@code backend} are read and written: the
 * toolstack of domain 0 writes them, and guests cannot.
 */
final class BackEndTree {
    private static final Logger LOG = LoggerFactory.getLogger(BackEndTree.class);
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final Pattern DOMID = Pattern.compile("\\d{1,5}");
    private static final Pattern KIND = Pattern.compile("[a-z0-9_]{1,16}");
    private static final String CONNECTED = "connected";

    /** The nodes that a script and its replacement read. */
    private static final List<String> PARAMETERS =
            List.of("script", "params", "mode", "node", "bridge", "mtu", "vifname", "gatewaydev");

    private final StoreClient store;
    private final int own;

    /** @param own number of this domain */
    BackEndTree(StoreClient store, int own) {
        this.store = store;
        this.own = own;
    }

    /**
     * A look at a back end.
     *
     * @param state the state of the back end
     * @param online the node {@code online}: whether the toolstack wants the device
     * @param hotplugStatus the node {@code hotplug-status}; empty if it is not there
     */
    record Look(XenbusState state, boolean online, String hotplugStatus) {
        boolean isConnected() {
            return hotplugStatus.equals(CONNECTED);
        }

        boolean waits() {
            return state == XenbusState.INIT_WAIT && online && hotplugStatus.isEmpty();
        }

        boolean isFinished() {
            return state == XenbusState.CLOSED && !online;
        }
    }

    String root() {
        return PvDevice.backendRoot(own);
    }

    /** All devices below {@code backend}. What is no device there is left out. */
    Map<PvDevice, Look> all() {
        List<PvDevice> found = new ArrayList<>();
        for (String kind : names(root(), KIND)) {
            for (String domid : names(root() + "/" + kind, DOMID)) {
                for (String devid : names(root() + "/" + kind + "/" + domid, NUMBER)) {
                    found.add(PvDevice.ofBackend(kind, Integer.parseInt(domid), Integer.parseInt(devid), own));
                }
            }
        }
        Map<PvDevice, Look> looks = new LinkedHashMap<>();
        found.forEach(device -> look(device).ifPresent(look -> looks.put(device, look)));
        return looks;
    }

    private List<String> names(String directory, Pattern pattern) {
        return store.list(directory).stream()
                .filter(name -> pattern.matcher(name).matches())
                .toList();
    }

    /** The present look of a back end; empty if it has no nodes. */
    Optional<Look> look(PvDevice device) {
        return look(store.direct(), device);
    }

    private static Optional<Look> look(StoreTransaction reader, PvDevice device) {
        String back = device.backPath();
        List<Optional<String>> nodes = reader.readAll(
                List.of(back + "/frontend", back + "/state", back + "/online", back + "/hotplug-status"));
        return nodes.get(0)
                .map(frontend -> new Look(
                        XenbusState.of(nodes.get(1).flatMap(BackEndTree::number)),
                        nodes.get(2).equals(Optional.of("1")),
                        nodes.get(3).orElse("")));
    }

    private static Optional<Long> number(String text) {
        return NUMBER.matcher(text).matches() ? Optional.of(Long.valueOf(text)) : Optional.empty();
    }

    /** The parameters of a device. */
    Map<String, String> parameters(PvDevice device) {
        List<Optional<String>> values = store.direct()
                .readAll(PARAMETERS.stream()
                        .map(name -> device.backPath() + "/" + name)
                        .toList());
        Map<String, String> nodes = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            String name = PARAMETERS.get(i);
            values.get(i).ifPresent(value -> nodes.put(name, value));
        }
        return nodes;
    }

    Optional<String> read(PvDevice device, String name) {
        return store.read(device.backPath() + "/" + name);
    }

    /** Adds nodes to a back end, and returns false if it is gone. */
    boolean add(PvDevice device, Map<String, String> nodes) {
        return store.inTransaction(transaction -> {
            boolean exists = transaction.exists(device.backPath() + "/frontend");
            if (exists) {
                nodes.forEach((name, value) -> transaction.write(device.backPath() + "/" + name, value));
            }
            return exists;
        });
    }

    /** Removes the nodes of a back end that has closed for good, and the empty directories above it. */
    boolean removeFinished(PvDevice device) {
        boolean removed = store.inTransaction(transaction -> {
            boolean finished =
                    look(transaction, device).filter(Look::isFinished).isPresent();
            if (finished) {
                transaction.remove(device.backPath());
            }
            return finished;
        });
        removeEmptyParents(device);
        return removed;
    }

    /** Removes what a script has written after the nodes of its device were removed. */
    void removeRemains(PvDevice device) {
        store.inTransaction(transaction -> {
            // xenstored refuses to remove a missing node below one that this domain may not write.
            if (!transaction.exists(device.backPath() + "/frontend") && transaction.exists(device.backPath())) {
                transaction.remove(device.backPath());
            }
            return device;
        });
        removeEmptyParents(device);
    }

    /** Leaves {@code backend} itself, which the toolstack has made with this domain's permissions. */
    private void removeEmptyParents(PvDevice device) {
        String kind = root() + "/" + device.backend();
        try {
            store.inTransaction(transaction -> {
                for (String directory : List.of(kind + "/" + device.domid(), kind)) {
                    if (transaction.list(directory).isEmpty() && transaction.exists(directory)) {
                        transaction.remove(directory);
                    }
                }
                return device;
            });
        } catch (XenStoreException e) {
            LOG.debug("empty directories of {} stay", device, e);
        }
    }
}
