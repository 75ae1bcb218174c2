// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.Optional;

/**
 * Linux' pcifront in a PV guest: it connects to xen-pciback, and takes part in each change of the list of devices. It
 * releases a device whenever it is asked to, and gives up if the back end does not name its PCI bus.
 */
final class PciFrontEnd {
    private static final String KIND = "device/pci";
    private static final String FRONT = KIND + "/0";
    private static final int INITIALISING = 1;
    private static final int INITIALISED = 3;
    private static final int CONNECTED = 4;
    private static final int CLOSING = 5;
    private static final int RECONFIGURING = 7;
    private static final int RECONFIGURED = 8;

    /** The number of requests of dom0 to xenstored, and the time, within which the guest looks at the buses again. */
    private static final int SCAN = 3;

    private static final Duration SCAN_TIME = Duration.ofMillis(50);

    private final GuestMachine machine;
    private boolean watches;
    private int requestsLeft;

    PciFrontEnd(GuestMachine machine) {
        this.machine = machine;
    }

    void start() {
        machine.watchAtOnce(KIND, this::scan);
        machine.betweenRequests(this::countRequest);
    }

    private void scan() {
        Optional<String> back = machine.read(FRONT + "/backend");
        if (back.isPresent() && !watches) {
            watches = true;
            machine.watchAtOnce(back.get() + "/state", () -> follow(back.get()));
        }
        back.ifPresent(this::follow);
    }

    private void follow(String back) {
        int own = state(FRONT);
        int other = state(back);
        if (own == INITIALISING && other >= INITIALISING && other <= CONNECTED) {
            become(INITIALISED);
        } else if (own == INITIALISED && other == CONNECTED) {
            connect(back);
        } else if (own == CONNECTED && other == RECONFIGURING) {
            become(RECONFIGURING);
        } else if (own == RECONFIGURING && other == RECONFIGURED) {
            requestsLeft = SCAN;
            machine.after(SCAN_TIME, this::endScan);
        }
    }

    private void countRequest() {
        if (requestsLeft > 0 && --requestsLeft == 0) {
            endScan();
        }
    }

    private void endScan() {
        requestsLeft = 0;
        machine.read(FRONT + "/backend")
                .filter(back -> state(FRONT) == RECONFIGURING && state(back) == RECONFIGURED)
                .ifPresent(this::connect);
    }

    private void connect(String back) {
        become(machine.read(back + "/root-0").isPresent() ? CONNECTED : CLOSING);
    }

    private void become(int state) {
        machine.write(FRONT + "/state", Integer.toString(state));
    }

    private int state(String directory) {
        return machine.read(directory + "/state").map(Integer::parseInt).orElse(0);
    }
}
