// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * blkfront, netfront and the drivers of channels, shares, screens and keyboards: they connect to devices that appear below {@code device/} and disconnect when the back end
 * closes, in the order of xenbus's states that Linux drivers follow.
 */
final class PvFrontEnds {
    private static final String DISK = "vbd";
    private static final String CARD = "vif";
    private static final List<String> KINDS = List.of(DISK, CARD, "console", "9pfs", "vfb", "vkbd");
    private static final int INITIALISING = 1;
    private static final int INIT_WAIT = 2;
    private static final int INITIALISED = 3;
    private static final int CONNECTED = 4;
    private static final int CLOSING = 5;
    private static final int CLOSED = 6;

    private final GuestMachine machine;
    private final boolean keepsItsDisks;
    private final Set<String> watched = new HashSet<>();

    PvFrontEnds(GuestMachine machine, boolean keepsItsDisks) {
        this.machine = machine;
        this.keepsItsDisks = keepsItsDisks;
    }

    void start() {
        for (String kind : KINDS) {
            machine.watchAtOnce("device/" + kind, () -> scan(kind));
        }
    }

    private void scan(String kind) {
        for (String id : machine.list("device/" + kind)) {
            String front = "device/" + kind + "/" + id;
            machine.read(front + "/backend").ifPresent(back -> {
                // A watch also fires at once. It stays in case the device comes again.
                if (watched.add(back)) {
                    machine.watchAtOnce(back + "/state", () -> follow(kind, front, back));
                }
            });
        }
    }

    private void follow(String kind, String front, String back) {
        if (machine.read(front + "/backend")
                .filter(present -> !present.equals(back))
                .isPresent()) {
            // A guest that has migrated still watches the back end of its former domain.
            return;
        }
        int own = state(front).orElse(CLOSED);
        int other = state(back).orElse(CLOSED);
        if (own == INITIALISING && other == INIT_WAIT) {
            announce(kind, front);
        } else if (own == INITIALISED && other == CONNECTED) {
            become(front, CONNECTED);
        } else if (other >= CLOSING && own != CLOSED) {
            boolean keeps = kind.equals(DISK) && keepsItsDisks && other == CLOSING;
            become(front, keeps ? CLOSING : CLOSED);
        }
    }

    /** Announces a front end: netfront is connected at once; blkfront waits until it knows the disk's size. */
    private void announce(String kind, String front) {
        boolean card = kind.equals(CARD);
        machine.write(front + ringNode(kind), "8");
        machine.write(front + (kind.equals("console") ? "/port" : "/event-channel"), "9");
        become(front, card ? CONNECTED : INITIALISED);
    }

    private static String ringNode(String kind) {
        return switch (kind) {
            case CARD -> "/tx-ring-ref";
            case "vfb", "vkbd" -> "/page-gref";
            default -> "/ring-ref";
        };
    }

    private void become(String front, int state) {
        if (!state(front).equals(Optional.of(state))) {
            machine.write(front + "/state", Integer.toString(state));
        }
    }

    private Optional<Integer> state(String directory) {
        return machine.read(directory + "/state").map(Integer::parseInt);
    }
}
