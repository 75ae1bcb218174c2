// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.error.ConfigException;

/** The domain that serves a disk or a card, looked up anew for each build. */
final class BackendDomain {
    private static final Set<String> CONTROL_DOMAIN = Set.of("0", "Domain-0");

    private BackendDomain() {}

    /**
     * The number of the domain; 0 for the control domain.
     *
     * @param named {@code backend} of xl.cfg
     * @param device the device in messages
     * @throws ConfigException if the host has no such domain
     */
    static int of(Optional<String> named, String device, HostInventory host) {
        return named.filter(name -> !CONTROL_DOMAIN.contains(name))
                .map(name -> host.domid(name)
                        .orElseThrow(() -> new ConfigException(
                                device + ": backend=" + name + ": this host has no domain '" + name + "'")))
                .orElse(0);
    }
}
