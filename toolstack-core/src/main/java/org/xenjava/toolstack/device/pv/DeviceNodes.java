// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * What is written for a new device: libxl's three directories with its permissions (libxl_device.c).
 *
 * @param device which one
 * @param back the back end's nodes, of which the toolstack keeps a copy
 * @param front the front end's nodes, which the guest may change
 * @param readOnlyFront the front end's nodes that it may only read
 */
record DeviceNodes(
        PvDevice device, Map<String, String> back, Map<String, String> front, Map<String, String> readOnlyFront) {

    private static final XenStorePermission DOM0_OWNS = new XenStorePermission(0, XenStorePermission.NONE);
    private static final XenStorePermission DOM0_READS = new XenStorePermission(0, XenStorePermission.READ);

    void write(StoreTransaction transaction) {
        List<XenStorePermission> guestOwns =
                List.of(new XenStorePermission(device.domid(), XenStorePermission.NONE), DOM0_READS);
        List<XenStorePermission> guestReads =
                List.of(DOM0_OWNS, new XenStorePermission(device.domid(), XenStorePermission.READ));

        transaction.write(device.libxlPath(), "", List.of(DOM0_OWNS));
        transaction.write(device.frontPath(), "", guestOwns);
        transaction.write(device.frontPath() + "/backend", device.backPath());
        front.forEach((name, value) -> transaction.write(device.frontPath() + "/" + name, value, guestOwns));
        readOnlyFront.forEach((name, value) -> transaction.write(device.frontPath() + "/" + name, value, guestReads));

        transaction.write(device.backPath(), "", guestReads);
        for (String directory : List.of(device.backPath(), device.libxlPath())) {
            transaction.write(directory + "/frontend", device.frontPath());
            back.forEach((name, value) -> transaction.write(directory + "/" + name, value));
        }
        transaction.write(device.libxlPath() + "/backend", device.backPath());
    }

    /** What the nodes of all kinds begin with. */
    static Map<String, String> commonBack(PvDevice device) {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put("frontend-id", Integer.toString(device.domid()));
        nodes.put("online", "1");
        nodes.put("state", XenbusState.INITIALISING.word());
        return nodes;
    }

    static Map<String, String> commonFront() {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put("backend-id", "0");
        nodes.put("state", XenbusState.INITIALISING.word());
        return nodes;
    }
}
