// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** xen-pciback as a back end: publishes the devices that the toolstack names, as it does for a guest without a front end. */
final class Pciback {
    private static final String ROOT = "/local/domain/0/backend/pci";
    private static final Pattern DIRECTORY = Pattern.compile("(" + ROOT + "/\\d+/0)(/.*)?");
    private static final int INITIALISING = 1;
    private static final int INITIALISED = 3;
    private static final int RECONFIGURING = 7;
    private static final int RECONFIGURED = 8;
    private static final int CLOSING = 5;
    private static final int CLOSED = 6;

    private final StoreConnection store;
    private boolean working;

    Pciback(StoreConnection store) {
        this.store = store;
    }

    void start() {
        store.watch(ROOT, "pciback", this::look);
    }

    private void look(XenStoreWatchEvent event) {
        Matcher directory = DIRECTORY.matcher(event.path());
        if (!directory.matches() || working) {
            return;
        }
        working = true;
        String path = directory.group(1);
        int state = number(path + "/state");
        if (state == INITIALISING || state == RECONFIGURING) {
            for (int i = 0; i < number(path + "/num_devs"); i++) {
                publish(path, i);
            }
            write(path + "/state", state == INITIALISING ? INITIALISED : RECONFIGURED);
        }
        working = false;
    }

    private void publish(String path, int index) {
        String state = path + "/state-" + index;
        if (number(state) == INITIALISING) {
            write(path + "/vdev-" + index, "0000:00:%02x.00".formatted(index));
            write(state, INITIALISED);
        } else if (number(state) == CLOSING) {
            write(state, CLOSED);
        }
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
