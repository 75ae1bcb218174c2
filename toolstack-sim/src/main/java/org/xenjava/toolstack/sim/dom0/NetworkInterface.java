// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.Optional;

/**
 * A network interface of the simulated dom0.
 *
 * @param origin the name that its driver gave it
 * @param bridge the bridge that it is in, if any
 * @param mtu largest payload in bytes
 * @param address its hardware address, if one was set
 * @param up whether it is up
 */
public record NetworkInterface(String origin, Optional<String> bridge, int mtu, Optional<String> address, boolean up) {
    private static final int DEFAULT_MTU = 1500;

    static NetworkInterface fresh(String name) {
        return new NetworkInterface(name, Optional.empty(), DEFAULT_MTU, Optional.empty(), false);
    }

    NetworkInterface in(String newBridge) {
        return new NetworkInterface(origin, Optional.of(newBridge), mtu, address, up);
    }

    NetworkInterface withMtu(int newMtu) {
        return new NetworkInterface(origin, bridge, newMtu, address, up);
    }

    NetworkInterface withAddress(String newAddress) {
        return new NetworkInterface(origin, bridge, mtu, Optional.of(newAddress), up);
    }

    NetworkInterface running() {
        return new NetworkInterface(origin, bridge, mtu, address, true);
    }
}
