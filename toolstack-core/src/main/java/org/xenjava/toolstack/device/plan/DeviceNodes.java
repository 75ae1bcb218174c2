// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The nodes of a new device: libxl's three directories with its permissions (libxl_device.c).
 *
 * @param device the device
 * @param back the back end's nodes, of which the toolstack keeps a copy
 * @param front the front end's nodes, which the guest may change
 * @param readOnlyFront the front end's nodes that the guest may only read
 */
public record DeviceNodes(
        PvDevice device, Map<String, String> back, Map<String, String> front, Map<String, String> readOnlyFront) {

    private static final String STATE = "state";

    /** The state of a new device, {@code XenbusStateInitialising}. */
    private static final String INITIALISING = "1";

    /** The node with which a back end begins to serve a device that has the other nodes already. */
    public static final Map<String, String> BEGIN = Map.of(STATE, INITIALISING);

    /** {@return the same device without the node that lets QEMU serve it: {@link #BEGIN}} */
    public DeviceNodes waiting() {
        Map<String, String> waiting = new LinkedHashMap<>(back);
        waiting.remove(STATE);
        return new DeviceNodes(device, waiting, front, readOnlyFront);
    }

    /** The first nodes of devices of all kinds. */
    static Map<String, String> commonBack(PvDevice device) {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put("frontend-id", Integer.toString(device.domid()));
        nodes.put("online", "1");
        nodes.put(STATE, INITIALISING);
        return nodes;
    }

    static Map<String, String> commonFront(PvDevice device) {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put("backend-id", Integer.toString(device.server()));
        nodes.put(STATE, INITIALISING);
        return nodes;
    }
}
