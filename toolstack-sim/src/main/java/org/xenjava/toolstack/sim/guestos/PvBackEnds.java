// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * netback and blkback of a driver domain, and the program {@code xl devd} in it: they serve the devices below the domain's
 * {@code backend}, and remove the nodes of a device that the toolstack has asked to close.
 */
final class PvBackEnds {
    private static final List<String> KINDS = List.of("vbd", "vif");
    private static final String HOTPLUGGED = "connected";
    private static final int INITIALISING = 1;
    private static final int INIT_WAIT = 2;
    private static final int INITIALISED = 3;
    private static final int CONNECTED = 4;
    private static final int CLOSED = 6;

    private final GuestMachine machine;
    private final boolean hostile;
    private final Set<String> watched = new HashSet<>();

    /** @param hostile whether the nodes of detached devices stay */
    PvBackEnds(GuestMachine machine, boolean hostile) {
        this.hostile = hostile;
        this.machine = machine;
    }

    void start() {
        machine.watchAtOnce("backend", this::scan);
    }

    private void scan() {
        backEnds().forEach(this::serve);
    }

    private List<String> backEnds() {
        List<String> found = new ArrayList<>();
        for (String kind : KINDS) {
            for (String domid : machine.list("backend/" + kind)) {
                for (String devid : machine.list("backend/" + kind + "/" + domid)) {
                    found.add("backend/" + kind + "/" + domid + "/" + devid);
                }
            }
        }
        return found;
    }

    /** Writes the state of each back end again. */
    void writeStates() {
        for (String back : backEnds()) {
            machine.read(back + "/state").ifPresent(state -> machine.write(back + "/state", state));
        }
    }

    private void serve(String back) {
        Optional<String> front = machine.read(back + "/frontend");
        if (front.isEmpty()) {
            return;
        }
        if (watched.add(front.get())) {
            machine.watchAtOnce(front.get() + "/state", () -> serve(back));
        }
        int own = state(back);
        int other = state(front.get());
        if (own == INITIALISING && !machine.read(back + "/hotplug-status").equals(Optional.of(HOTPLUGGED))) {
            // The watch fires within the write, and the device is served further.
            machine.write(back + "/hotplug-status", HOTPLUGGED);
        } else if (own == INITIALISING) {
            become(back, INIT_WAIT);
        } else if (own == INIT_WAIT && (other == INITIALISED || other == CONNECTED)) {
            become(back, CONNECTED);
        } else if (own > INITIALISING && own < CLOSED && (other == CLOSED || other == 0)) {
            become(back, CLOSED);
        } else if (own == CLOSED && !hostile && machine.read(back + "/online").equals(Optional.of("0"))) {
            machine.remove(back);
        }
    }

    private void become(String back, int state) {
        machine.write(back + "/state", Integer.toString(state));
    }

    private int state(String directory) {
        return machine.read(directory + "/state").map(Integer::parseInt).orElse(0);
    }
}
