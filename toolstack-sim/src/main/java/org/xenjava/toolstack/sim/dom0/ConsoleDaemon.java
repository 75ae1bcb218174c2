// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/**
 * xenconsoled, as far as a toolstack waits for it: an introduced domain whose {@code console} directory names a ring
 * and a port gets a terminal, whose name the daemon writes to {@code console/tty}.
 */
final class ConsoleDaemon {
    private static final String DOMAINS = "/local/domain";

    private final StoreConnection store;
    private int terminals;

    ConsoleDaemon(StoreConnection store) {
        this.store = store;
    }

    void start() {
        store.watch(DOMAINS, "consoles", this::look);
        store.watch("@introduceDomain", "domains", event -> store.directory(XenStore.NO_TRANSACTION, DOMAINS)
                .forEach(this::serve));
    }

    private void look(XenStoreWatchEvent event) {
        String[] parts = event.path().split("/");
        if (parts.length > 5 && parts[4].equals("console") && !parts[5].equals("tty")) {
            serve(parts[3]);
        }
    }

    private void serve(String domid) {
        String console = DOMAINS + "/" + domid + "/console/";
        boolean wanted = store.isDomainIntroduced(Integer.parseInt(domid))
                && read(console + "ring-ref").isPresent()
                && read(console + "port").isPresent()
                && read(console + "type").orElse("xenconsoled").equals("xenconsoled")
                && read(console + "tty").orElse("").isEmpty();
        if (wanted) {
            String terminal = "/dev/pts/" + terminals++;
            store.write(XenStore.NO_TRANSACTION, console + "tty", terminal.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Optional<String> read(String path) {
        try {
            return Optional.of(new String(store.read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }
}
