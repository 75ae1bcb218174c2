// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** Permissions as they are spelt on the wire: a letter for the access, then the domain. */
final class WirePermissions {
    private static final String LETTERS = "nrwb";

    private WirePermissions() {}

    static String spell(XenStorePermission permission) {
        return LETTERS.charAt(permission.access() & (XenStorePermission.READ | XenStorePermission.WRITE))
                + Integer.toString(permission.domid());
    }

    /** @throws StoreRefusal EINVAL if the text is no permission */
    static XenStorePermission parse(String text) {
        int access = text.isEmpty() ? -1 : LETTERS.indexOf(text.charAt(0));
        if (access < 0) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        try {
            return new XenStorePermission(Integer.parseUnsignedInt(text.substring(1)), access);
        } catch (NumberFormatException e) {
            throw new StoreRefusal(Errno.EINVAL);
        }
    }
}
