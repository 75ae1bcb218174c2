// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.Optional;

/**
 * A network interface of the simulated dom0.
 *
 * @param origin the name that its driver gave it
 * @param bridge which bridge it is in, if any
 * @param mtu largest payload in bytes
 * @param address its hardware address, if anybody has set one
 * @param up whether it runs
 */
public record HostLink(String origin, Optional<String> bridge, int mtu, Optional<String> address, boolean up) {
    private static final int DEFAULT_MTU = 1500;

    static HostLink fresh(String name) {
        return new HostLink(name, Optional.empty(), DEFAULT_MTU, Optional.empty(), false);
    }

    HostLink in(String newBridge) {
        return new HostLink(origin, Optional.of(newBridge), mtu, address, up);
    }

    HostLink withMtu(int newMtu) {
        return new HostLink(origin, bridge, newMtu, address, up);
    }

    HostLink withAddress(String newAddress) {
        return new HostLink(origin, bridge, mtu, Optional.of(newAddress), up);
    }

    HostLink running() {
        return new HostLink(origin, bridge, mtu, address, true);
    }
}
