// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/**
 * The permissions of a domain's nodes. The first entry names the owner, who may read and write.
 *
 * @param domid the domain
 */
record StorePermissions(int domid) {
    private static final XenStorePermission DOM0 = new XenStorePermission(0, XenStorePermission.NONE);

    List<XenStorePermission> toolstackOnly() {
        return List.of(DOM0);
    }

    List<XenStorePermission> guestReads() {
        return List.of(DOM0, new XenStorePermission(domid, XenStorePermission.READ));
    }

    List<XenStorePermission> guestOwns() {
        return List.of(new XenStorePermission(domid, XenStorePermission.NONE));
    }
}
