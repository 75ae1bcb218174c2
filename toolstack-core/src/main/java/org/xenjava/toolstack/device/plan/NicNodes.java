// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Trust;
import org.xenjava.toolstack.config.NicConfig.Type;

/** The nodes of a network card, as libxl_nic.c writes them. */
final class NicNodes {
    static final String SCRIPT = "vif-bridge";

    private NicNodes() {}

    /** @param nic the card, with its address */
    static DeviceNodes of(PvDevice device, NicConfig nic, Type type) {
        String handle = Integer.toString(device.devid());
        String mac = nic.mac().map(MacAddress::text).orElseThrow();
        Map<String, String> back = new LinkedHashMap<>(DeviceNodes.commonBack(device));
        back.put("script", scriptOf(nic));
        nic.vifName().ifPresent(name -> back.put("vifname", name));
        back.put("mac", mac);
        nic.ip().ifPresent(ip -> back.put("ip", ip));
        nic.gatewayDevice().ifPresent(link -> back.put("gatewaydev", link));
        nic.rate()
                .ifPresent(rate ->
                        back.put("rate", Long.toUnsignedString(rate.bytesPerInterval()) + "," + rate.intervalMicros()));
        if (nic.mtu() != NicConfig.DEFAULT_MTU) {
            back.put("mtu", Integer.toString(nic.mtu()));
        }
        back.put("bridge", nic.bridge());
        back.put("handle", handle);
        back.put("type", type == Type.IOEMU ? "vif_ioemu" : "vif");
        // netback does not connect before this node is "connected".
        back.put("hotplug-status", "");

        Map<String, String> front = DeviceNodes.commonFront(device);
        front.put("handle", handle);
        front.put("mac", mac);
        front.put("trusted", nic.trust() == Trust.TRUSTED ? "1" : "0");
        return new DeviceNodes(device, back, front, Map.of("mtu", Integer.toString(nic.mtu())));
    }

    static String scriptOf(NicConfig nic) {
        return HotplugCalls.pathOf(nic.script().orElse(SCRIPT));
    }
}
