// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;

/** The calls of a device's hotplug script, as libxl makes them (libxl_linux.c). */
public final class HotplugCalls {
    private static final String SCRIPTS = "/etc/xen/scripts/";
    private static final String BUILT_IN_CARD = "vif-bridge";
    private static final String BUILT_IN_DISK = SCRIPTS + "block";

    /** libxl's limit. */
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private HotplugCalls() {}

    /** The absolute path of a script: a name without a slash is one of Xen's directory of scripts. */
    static String pathOf(String script) {
        return script.startsWith("/") ? script : SCRIPTS + script;
    }

    /** Whether the toolstack itself does the work of the script. */
    public static boolean isBuiltIn(String path) {
        return path.isEmpty() || path.endsWith("/" + BUILT_IN_CARD) || path.equals(BUILT_IN_DISK);
    }

    /**
     * The calls that connect a device.
     *
     * @param path of the script
     * @param nodes the back end's nodes
     */
    public static List<HotplugScript> attaching(PvDevice device, String path, Map<String, String> nodes) {
        if (device.kind().equals(PvDevice.DISK)) {
            return List.of(call(device, path, nodes, "add"));
        }
        List<HotplugScript> calls = new ArrayList<>(List.of(call(device, path, nodes, "online", "type_if=vif")));
        if (isEmulated(nodes)) {
            calls.add(call(device, path, nodes, "add", "type_if=tap"));
        }
        return calls;
    }

    /** The calls that disconnect a device. */
    public static List<HotplugScript> detaching(PvDevice device, String path, Map<String, String> nodes) {
        if (device.kind().equals(PvDevice.DISK)) {
            return List.of(call(device, path, nodes, "remove"));
        }
        List<HotplugScript> calls = new ArrayList<>(List.of(call(device, path, nodes, "offline", "type_if=vif")));
        if (isEmulated(nodes)) {
            calls.add(call(device, path, nodes, "remove", "type_if=tap"));
        }
        return calls;
    }

    private static boolean isEmulated(Map<String, String> nodes) {
        return "vif_ioemu".equals(nodes.get("type"));
    }

    private static HotplugScript call(PvDevice device, String path, Map<String, String> nodes, String... arguments) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("script", path);
        environment.put("XENBUS_TYPE", device.kind());
        // Relative to the home of the domain in which the script runs.
        environment.put(
                "XENBUS_PATH",
                device.backPath()
                        .substring(new DomainPaths(device.server()).of("").length()));
        environment.put("XENBUS_BASE_PATH", "backend");
        if (device.kind().equals(PvDevice.CARD)) {
            String vif = "vif" + device.domid() + "." + device.devid();
            environment.put("netdev", nodes.getOrDefault("gatewaydev", ""));
            environment.put("vif", vif);
            if (isEmulated(nodes)) {
                environment.put("INTERFACE", nodes.getOrDefault("vifname", vif) + "-emu");
            }
        }
        return new HotplugScript(path, List.of(arguments), environment, LIMIT);
    }
}
