// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The plan of a paravirtual device that only the guest's QEMU serves: a channel, a share, a screen or a keyboard.
 *
 * @param kind the word of both ends, such as {@link PvDevice#CONSOLE}
 * @param devid number of the device among those of its kind
 * @param words the device in a plan for people
 * @param back the back end's nodes beside those that all devices have
 * @param front the front end's nodes beside those that all devices have
 * @param readOnlyFront the front end's nodes that the guest may only read
 * @param arguments QEMU's arguments for the device
 */
public record QemuDevicePlan(
        String kind,
        int devid,
        String words,
        Map<String, String> back,
        Map<String, String> front,
        Map<String, String> readOnlyFront,
        List<String> arguments) {
    /** The device in a domain. */
    public PvDevice device(int domid) {
        return new PvDevice(kind, kind, domid, devid);
    }

    /** The nodes of the device in xenstore. */
    public DeviceNodes nodes(int domid) {
        Map<String, String> allBack = new LinkedHashMap<>(DeviceNodes.commonBack(device(domid)));
        allBack.putAll(back);
        Map<String, String> allFront = new LinkedHashMap<>(DeviceNodes.commonFront(device(domid)));
        allFront.putAll(front);
        return new DeviceNodes(device(domid), allBack, allFront, readOnlyFront);
    }
}
