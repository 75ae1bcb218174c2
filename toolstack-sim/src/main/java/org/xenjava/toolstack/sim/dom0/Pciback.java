// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/**
 * xen-pciback as a back end: publishes the devices that the toolstack names, and follows pcifront in a PV guest, whose
 * states alone move it once the front end has connected. It copies the states connected, closing and closed of the front end,
 * whatever its own is, and keeps its devices then. A device that it has removed keeps its state in xenstore, as with
 * Linux. A guest without a front end gets its answers, too.
 */
final class Pciback {
    private static final String ROOT = "/local/domain/0/backend/pci";
    private static final Pattern DIRECTORY = Pattern.compile("(" + ROOT + "/\\d+/0)(/.*)?");
    private static final int INITIALISING = 1;
    private static final int INITIALISED = 3;
    private static final int CONNECTED = 4;
    private static final int RECONFIGURING = 7;
    private static final int RECONFIGURED = 8;
    private static final int CLOSING = 5;
    private static final Set<Integer> COPIED = Set.of(CONNECTED, CLOSING, 6);
    private static final String BUS = "0000:00";

    private final StoreConnection store;
    private final Set<String> watched = new HashSet<>();

    /** Back ends to which a front end has connected. */
    private final Set<String> connected = new HashSet<>();

    /** Devices that each back end serves. */
    private final Map<String, Set<String>> served = new HashMap<>();

    /** The state that each back end last wrote: it does not notice what others write. */
    private final Map<String, Integer> written = new HashMap<>();

    private boolean working;

    Pciback(StoreConnection store) {
        this.store = store;
    }

    void start() {
        store.watch(ROOT, "pciback", this::look);
    }

    private void look(XenStoreWatchEvent event) {
        Matcher directory = DIRECTORY.matcher(event.path());
        if (directory.matches()) {
            String path = directory.group(1);
            read(path + "/frontend")
                    .filter(front -> watched.add(path))
                    .ifPresent(front -> store.watch(front + "/state", path, change -> follow(path)));
            follow(path);
        }
    }

    private void follow(String path) {
        int state = number(path + "/state");
        if (state == 0) {
            connected.remove(path);
            served.remove(path);
            written.remove(path);
        }
        if (working || state == 0) {
            return;
        }
        working = true;
        int front = read(path + "/frontend").map(end -> number(end + "/state")).orElse(0);
        int next = next(path, state, front);
        working = false;
        if (next != number(path + "/state")) {
            written.put(path, next);
            write(path + "/state", next);
        }
    }

    /** Does what the states of both ends ask for, and returns the next state of this end. */
    private int next(String path, int state, int front) {
        if (state == INITIALISING) {
            connected.remove(path);
            served.remove(path);
            written.remove(path);
        }
        if (written.containsKey(path) && COPIED.contains(front)) {
            return written.get(path) == front ? state : front;
        }
        if (state == INITIALISING || state == INITIALISED) {
            boolean ready = reconfigure(path, state, INITIALISED) == INITIALISED;
            if (ready && front == INITIALISED) {
                connected.add(path);
                return CONNECTED;
            }
            return ready ? INITIALISED : state;
        }
        boolean asked = connected.contains(path) ? front == RECONFIGURING : front != CONNECTED;
        if (state == RECONFIGURING && asked) {
            return reconfigure(path, state, hasRoots(path) ? RECONFIGURED : CLOSING);
        }
        return state;
    }

    /**
     * Serves new devices and removes those that close.
     *
     * @param old the state that stays if it does not serve one of those that close
     * @param complete the state after all changes
     * @return the next state: closing if it serves a new one already
     */
    private int reconfigure(String path, int old, int complete) {
        Set<String> devices = served.computeIfAbsent(path, back -> new HashSet<>());
        for (int i = 0; i < number(path + "/num_devs"); i++) {
            String device = read(path + "/dev-" + i).orElse("");
            int state = number(path + "/state-" + i);
            if (state == CLOSING && !devices.remove(device)) {
                return old;
            } else if (state == INITIALISING) {
                if (!devices.add(device)) {
                    return CLOSING;
                }
                publish(path, i);
            }
        }
        return complete;
    }

    private void publish(String path, int index) {
        write(path + "/vdev-" + index, "0000:00:%02x.00".formatted(index));
        if (read(path + "/root_num").isEmpty()) {
            write(path + "/root-0", BUS);
            write(path + "/root_num", 1);
        }
        write(path + "/state-" + index, INITIALISED);
    }

    private boolean hasRoots(String path) {
        return number(path + "/root_num") == 0 || read(path + "/root-0").equals(Optional.of(BUS));
    }

    private int number(String path) {
        return read(path)
                .filter(text -> text.matches("\\d{1,9}"))
                .map(Integer::parseInt)
                .orElse(0);
    }

    private Optional<String> read(String path) {
        try {
            return Optional.of(new String(store.read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }

    private void write(String path, int value) {
        write(path, Integer.toString(value));
    }

    private void write(String path, String value) {
        store.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }
}
