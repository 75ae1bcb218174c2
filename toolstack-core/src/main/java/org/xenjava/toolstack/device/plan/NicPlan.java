// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.Optional;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.error.ConfigException;

/**
 * The plan of one network card.
 *
 * @param nic the configured card, with its address
 * @param devid number of the card, from 0
 * @param type whether QEMU also emulates the card
 * @param server number of the domain that serves the card: 0, or a driver domain, which has the bridge and runs the script
 */
public record NicPlan(NicConfig nic, int devid, Type type, int server) {
    private static final String EMULATED = "-emu";

    /** @throws ConfigException if the host cannot connect the card */
    public static NicPlan of(NicConfig nic, int devid, Type type, HostInventory host) {
        int server = BackendDomain.of(nic.backendDomain(), "vif", host);
        if (server != 0) {
            if (nic.type().equals(Optional.of(Type.IOEMU))) {
                throw new ConfigException("vif: QEMU in domain 0 cannot emulate a card that domain "
                        + nic.backendDomain().orElse("") + " serves: type=vif");
            }
            return new NicPlan(nic, devid, Type.VIF, server);
        }
        String script = NicNodes.scriptOf(nic);
        if (!HotplugCalls.isBuiltIn(script)) {
            host.scriptRefusal(script).ifPresent(refusal -> {
                throw new ConfigException("vif: script " + script + " is not run: " + refusal);
            });
        } else if (!host.linkExists(nic.bridge())) {
            throw new ConfigException("vif: this host has no bridge '" + nic.bridge()
                    + "'; create it with 'ip link add " + nic.bridge() + " type bridge', or name another");
        }
        return new NicPlan(nic, devid, type, server);
    }

    /** The device in a domain. */
    public PvDevice device(int domid) {
        return new PvDevice(PvDevice.CARD, PvDevice.CARD, domid, devid, server);
    }

    /** The nodes of the card in xenstore. */
    public DeviceNodes nodes(int domid) {
        return NicNodes.of(device(domid), nic, type);
    }

    /** Whether dom0 serves the card. */
    public boolean isLocal() {
        return server == 0;
    }

    /** The path of the hotplug script that dom0 runs; empty if the toolstack itself connects the card. */
    public Optional<String> script() {
        return Optional.of(NicNodes.scriptOf(nic)).filter(path -> isLocal() && !HotplugCalls.isBuiltIn(path));
    }

    /** The name that netback gives its interface. */
    public String givenName(int domid) {
        return "vif" + domid + "." + devid;
    }

    /** The final name of that interface. */
    public String link(int domid) {
        return nic.vifName().orElse(givenName(domid));
    }

    /** Whether QEMU emulates a twin of it. */
    boolean isEmulated() {
        return type == Type.IOEMU;
    }

    /** QEMU's interface, if it also emulates the card. */
    public Optional<String> tap(int domid) {
        return isEmulated() ? Optional.of(link(domid) + EMULATED) : Optional.empty();
    }
}
