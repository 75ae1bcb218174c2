// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.Map;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;

/** Gives a domain a network card, and does what the script {@code vif-bridge} does. */
final class NicAttachment {
    /** An address that no bridge takes for its own, since it takes the least of its members'; netback's are so too. */
    private static final String GREATEST_ADDRESS = "fe:ff:ff:ff:ff:ff";

    private static final String EMULATED = "-emu";

    private final HostDevices host;
    private final DeviceTree tree;
    private final BackendStates states;

    NicAttachment(HostDevices host, DeviceTree tree, BackendStates states) {
        this.host = host;
        this.tree = tree;
        this.states = states;
    }

    /** @throws ConfigException if this host cannot connect it */
    void check(NicConfig nic) {
        if (!NicNodes.scriptOf(nic).endsWith("/" + NicNodes.SCRIPT)) {
            throw new ConfigException("vif: hotplug scripts (script="
                    + nic.script().orElse("") + ") are not run; only bridges are supported, as by " + NicNodes.SCRIPT);
        }
        if (!host.linkExists(nic.bridge())) {
            throw new ConfigException("vif: this host has no bridge '" + nic.bridge() + "'; make one with 'ip link add "
                    + nic.bridge() + " type bridge', or name another");
        }
    }

    /**
     * @param nic has an address
     * @param begun called once there may be something to detach
     */
    void attach(PvDevice device, NicConfig nic, Type type, Runnable begun, Cancellation cancellation) {
        tree.create(NicNodes.of(device, nic, type), begun);
        String given = "vif" + device.domid() + "." + device.devid();
        states.awaitProbed(device, () -> host.linkExists(given), cancellation);
        HostCalls.run("attaching " + device, () -> {
            String link = nic.vifName().orElse(given);
            if (!link.equals(given)) {
                host.rename(given, link);
            }
            connect(link, nic);
            if (type == Type.IOEMU) {
                connectEmulated(device, link + EMULATED, nic);
            }
        });
        tree.addToBack(device, Map.of("hotplug-status", "connected"));
    }

    private void connectEmulated(PvDevice device, String tap, NicConfig nic) {
        if (!host.linkExists(tap)) {
            throw new DeviceException("attaching " + device + ": QEMU has made no interface " + tap);
        }
        host.setHardwareAddress(tap, GREATEST_ADDRESS);
        connect(tap, nic);
    }

    private void connect(String link, NicConfig nic) {
        if (nic.mtu() != NicConfig.DEFAULT_MTU) {
            host.setMtu(link, nic.mtu());
        }
        host.joinBridge(nic.bridge(), link);
        host.bringUp(link);
    }
}
