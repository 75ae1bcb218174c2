// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.device.plan.HotplugCalls;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;

/** Runs the hotplug scripts of devices, and checks that they have done their work. */
final class ScriptRuns {
    private static final Logger LOG = LoggerFactory.getLogger(ScriptRuns.class);
    private static final List<String> NODES = List.of("gatewaydev", "vifname", "type");

    private final StoreClient store;
    private final HotplugScripts scripts;
    private final HotplugPolicy policy;

    ScriptRuns(StoreClient store, HotplugScripts scripts, HotplugPolicy policy) {
        this.store = store;
        this.scripts = scripts;
        this.policy = policy;
    }

    /**
     * Connects a device whose back end waits for it.
     *
     * @param path the script
     * @param proof the node of the back end that the script writes when it succeeds
     * @throws DeviceException if the script fails, does not end, or ends with 0 and has done nothing
     */
    void attach(PvDevice device, String path, String proof) {
        for (HotplugScript call : HotplugCalls.attaching(device, path, nodes(device))) {
            Optional<String> failure = scripts.run(call);
            Optional<String> reported = store.read(device.backPath() + "/hotplug-error");
            if (failure.isPresent() || reported.isPresent()) {
                throw new DeviceException("attaching " + device + ": " + path + " "
                        + String.join(" ", call.arguments()) + ": "
                        + reported.or(() -> failure).orElse(""));
            }
        }
        if (store.read(device.backPath() + "/" + proof)
                .filter(value -> !value.isEmpty())
                .isEmpty()) {
            throw new DeviceException("attaching " + device + ": " + path
                    + " ended with status 0, but has not written " + proof
                    + ", without which the back end does not connect");
        }
    }

    /** Disconnects a device before its nodes are removed. A failure is logged, as by libxl, and the removal goes on. */
    void detach(PvDevice device) {
        String path = store.read(device.libxlPath() + "/script").orElse("");
        if (HotplugCalls.isBuiltIn(path) || device.servedByQemu()) {
            return;
        }
        Optional<String> refusal =
                policy == HotplugPolicy.RUN ? scripts.refusal(path) : Optional.of("hotplug scripts are not run");
        if (refusal.isPresent()) {
            LOG.warn("detaching {}: {} is not run: {}", device, path, refusal.get());
            return;
        }
        for (HotplugScript call : HotplugCalls.detaching(device, path, nodes(device))) {
            scripts.run(call)
                    .ifPresent(failure -> LOG.warn(
                            "detaching {}: {} {}: {}", device, path, String.join(" ", call.arguments()), failure));
        }
    }

    /** The path of the block device that the script of a disk has made. */
    Optional<String> blockDevice(PvDevice device) {
        return store.read(device.backPath() + "/physical-device-path");
    }

    private Map<String, String> nodes(PvDevice device) {
        Map<String, String> nodes = new LinkedHashMap<>();
        NODES.forEach(name -> store.read(device.libxlPath() + "/" + name).ifPresent(value -> nodes.put(name, value)));
        return nodes;
    }
}
