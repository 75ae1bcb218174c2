// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** A node: its value, the names of its children in the order of their creation, and its permissions. */
record StoreNode(byte[] value, List<String> children, List<XenStorePermission> permissions) {
    StoreNode {
        children = List.copyOf(children);
        permissions = List.copyOf(permissions);
    }

    StoreNode withValue(byte[] newValue) {
        return new StoreNode(newValue.clone(), children, permissions);
    }

    StoreNode withPermissions(List<XenStorePermission> newPermissions) {
        return new StoreNode(value, children, newPermissions);
    }

    StoreNode withChild(String name) {
        List<String> more = new ArrayList<>(children);
        more.add(name);
        return new StoreNode(value, more, permissions);
    }

    StoreNode withoutChild(String name) {
        List<String> fewer = new ArrayList<>(children);
        fewer.remove(name);
        return new StoreNode(value, fewer, permissions);
    }

    /** The initial state of a child of this node that the domain creates. */
    StoreNode newChild(int creator) {
        List<XenStorePermission> inherited = new ArrayList<>(permissions);
        if (creator != 0) {
            inherited.set(0, new XenStorePermission(creator, inherited.get(0).access()));
        }
        return new StoreNode(new byte[0], List.of(), inherited);
    }

    /** Whether the domain has that access: read 1, write 2. dom0 and the owner have every access. */
    boolean allows(int domid, int access) {
        if (domid == 0 || permissions.get(0).domid() == domid) {
            return true;
        }
        int granted = permissions.stream()
                .skip(1)
                .filter(permission -> permission.domid() == domid)
                .findFirst()
                .orElse(permissions.get(0))
                .access();
        return (granted & access) == access;
    }
}
