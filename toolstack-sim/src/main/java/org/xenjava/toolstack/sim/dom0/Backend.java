// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * A back end that follows xenbus's states ({@code io/xenbus.h}) as Linux drivers do: it waits for its front end,
 * connects when both are ready, closes when the front end closes or vanishes, and ends with its directory.
 */
final class Backend {
    private static final int UNKNOWN = 0;
    private static final int INITIALISING = 1;
    private static final int INIT_WAIT = 2;
    private static final int INITIALISED = 3;
    private static final int CONNECTED = 4;
    private static final int CLOSING = 5;
    private static final int CLOSED = 6;

    private final String path;
    private final StoreConnection store;
    private final Driver driver;
    private final Runnable forget;
    private final String frontend;
    private boolean released;
    private boolean connecting;
    private boolean gone;

    /** The behaviour of one kind of back end. */
    interface Driver {
        /** Whether the driver accepts the device. */
        default boolean accepts() {
            return true;
        }

        /** Whether the host provides all that the device needs. */
        boolean isReady();

        /** Writes the nodes that the front end reads. */
        void connect();

        /** Releases the host's resources. */
        void close();
    }

    Backend(String path, StoreConnection store, Driver driver, Runnable forget) {
        this.path = path;
        this.store = store;
        this.driver = driver;
        this.forget = forget;
        this.frontend = read(path + "/frontend").orElse("");
    }

    void probe() {
        store.watch(frontend + "/state", path, event -> look());
        if (state(path) == INITIALISING && driver.accepts()) {
            become(INIT_WAIT);
        }
    }

    /** Reacts to a change of the back end's or the front end's nodes. */
    void look() {
        if (gone || connecting) {
            return;
        }
        if (read(path + "/frontend").isEmpty()) {
            gone = true;
            release();
            store.unwatch(frontend + "/state", path);
            forget.run();
            return;
        }
        int own = state(path);
        int other = state(frontend);
        boolean ready = !released && driver.isReady();
        if (own == INIT_WAIT && ready && (other == INITIALISED || other == CONNECTED)) {
            // What it writes is a change in its directory too.
            connecting = true;
            driver.connect();
            connecting = false;
            become(CONNECTED);
        } else if (other == CLOSING && own < CLOSING) {
            become(CLOSING);
        } else if (other == CLOSED && own > INITIALISING && own != CLOSED) {
            release();
            become(CLOSED);
        } else if (other == UNKNOWN && own > INITIALISING && own != CLOSED && !released) {
            // Linux unregisters the device, and reports its end only if the toolstack has asked for it before.
            release();
            if (own == CLOSING) {
                become(CLOSED);
            }
        }
    }

    private void release() {
        if (!released) {
            released = true;
            driver.close();
        }
    }

    private void become(int state) {
        store.write(
                XenStore.NO_TRANSACTION,
                path + "/state",
                Integer.toString(state).getBytes(StandardCharsets.UTF_8));
    }

    private int state(String directory) {
        return read(directory + "/state").map(Integer::parseInt).orElse(UNKNOWN);
    }

    private Optional<String> read(String node) {
        try {
            return Optional.of(new String(store.read(XenStore.NO_TRANSACTION, node), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }
}
