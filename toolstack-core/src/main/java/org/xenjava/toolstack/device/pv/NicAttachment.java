// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.Map;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.device.plan.NicPlan;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;

/**
 * Attaches a planned network card to a domain and connects it, with the effects of the script {@code vif-bridge}, or by
 * another script.
 */
final class NicAttachment {
    /**
     * The hardware address of the interface, which is netback's too. A bridge takes the lowest address of its
     * members, so it never takes this one.
     */
    private static final String GREATEST_ADDRESS = "fe:ff:ff:ff:ff:ff";

    private final HostDevices host;
    private final DeviceTree tree;
    private final BackendStates states;
    private final ScriptRuns scripts;

    NicAttachment(HostDevices host, DeviceTree tree, BackendStates states, ScriptRuns scripts) {
        this.scripts = scripts;
        this.host = host;
        this.tree = tree;
        this.states = states;
    }

    /** @param begun called before the first effect that a detachment has to undo */
    void attach(int domid, NicPlan card, Runnable begun) {
        tree.create(card.nodes(domid), transaction -> {}, begun);
    }

    /**
     * Waits for the back end of a card that is attached, and joins its interface to the bridge. A driver domain does that
     * for the cards that it serves.
     */
    void connect(int domid, NicPlan card, Cancellation cancellation) {
        PvDevice device = card.device(domid);
        if (!card.isLocal()) {
            states.awaitProbed(device, () -> true, cancellation);
            return;
        }
        NicConfig nic = card.nic();
        String given = card.givenName(domid);
        String link = card.link(domid);
        states.awaitProbed(device, () -> host.linkExists(given), cancellation);
        if (card.script().isPresent()) {
            card.tap(domid).ifPresent(tap -> requireTap(device, tap));
            scripts.attach(device, card.script().get(), "hotplug-status");
            return;
        }
        KernelCalls.run("attaching " + device, () -> {
            if (!link.equals(given)) {
                host.rename(given, link);
            }
            connect(link, nic);
            card.tap(domid).ifPresent(tap -> connectEmulated(device, tap, nic));
        });
        tree.addToBack(device, Map.of("hotplug-status", "connected"));
    }

    private void requireTap(PvDevice device, String tap) {
        if (!host.linkExists(tap)) {
            throw new DeviceException("attaching " + device + ": QEMU has made no interface " + tap);
        }
    }

    private void connectEmulated(PvDevice device, String tap, NicConfig nic) {
        requireTap(device, tap);
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
