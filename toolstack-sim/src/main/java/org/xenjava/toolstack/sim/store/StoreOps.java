// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** The requests of one domain on the nodes of a view, with its permissions. Paths are absolute. */
final class StoreOps {
    private static final int MAX_VALUE_BYTES = 4096;

    private final StoreView view;
    private final int domid;

    StoreOps(StoreView view, int domid) {
        this.view = view;
        this.domid = domid;
    }

    byte[] read(String path) {
        return require(path, XenStorePermission.READ).value().clone();
    }

    List<String> directory(String path) {
        return require(path, XenStorePermission.READ).children();
    }

    List<XenStorePermission> permissions(String path) {
        return require(path, XenStorePermission.READ).permissions();
    }

    void write(String path, byte[] value) {
        if (value.length + path.length() + 1 > MAX_VALUE_BYTES) {
            throw new StoreRefusal(Errno.E2BIG);
        }
        StoreNode node = existing(path, XenStorePermission.WRITE).orElseGet(() -> create(path));
        view.put(path, node.withValue(value));
        view.changed(new StoreView.Change(path, false));
    }

    void mkdir(String path) {
        if (existing(path, XenStorePermission.WRITE).isEmpty()) {
            create(path);
            view.changed(new StoreView.Change(path, false));
        }
    }

    void rm(String path) {
        if (path.equals(StorePath.ROOT)) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        String parent = StorePath.parent(path);
        if (existing(path, XenStorePermission.WRITE).isEmpty()) {
            Errno errno = missing(path, XenStorePermission.WRITE);
            if (errno == Errno.EACCES || view.find(parent).isEmpty()) {
                throw new StoreRefusal(errno);
            }
            return;
        }
        // A transaction keeps the nodes that it has read, also if others have removed the parent since (C xenstored's
        // _rm).
        StoreNode above = view.find(parent).orElseThrow(() -> new StoreRefusal(Errno.EINVAL));
        removeTree(path);
        view.put(parent, above.withoutChild(StorePath.name(path)));
        view.changed(new StoreView.Change(path, true));
    }

    void setPermissions(String path, List<XenStorePermission> permissions) {
        StoreNode node = require(path, XenStorePermission.WRITE);
        int owner = node.permissions().get(0).domid();
        if (permissions.isEmpty()) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        if (domid != 0 && owner != domid) {
            throw new StoreRefusal(Errno.EACCES);
        }
        if (domid != 0 && permissions.get(0).domid() != owner) {
            throw new StoreRefusal(Errno.EPERM);
        }
        view.put(path, node.withPermissions(permissions));
        view.changed(new StoreView.Change(path, false));
    }

    private void removeTree(String path) {
        for (String child : view.find(path).orElseThrow().children()) {
            removeTree(StorePath.child(path, child));
        }
        view.remove(path);
    }

    private StoreNode create(String path) {
        String parent = StorePath.parent(path);
        StoreNode above = existing(parent, XenStorePermission.WRITE).orElseGet(() -> create(parent));
        view.put(parent, above.withChild(StorePath.name(path)));
        StoreNode node = above.newChild(domid);
        view.put(path, node);
        return node;
    }

    private StoreNode require(String path, int access) {
        return existing(path, access).orElseThrow(() -> new StoreRefusal(missing(path, access)));
    }

    private Optional<StoreNode> existing(String path, int access) {
        Optional<StoreNode> node = view.find(path);
        if (node.isPresent() && !node.get().allows(domid, access)) {
            throw new StoreRefusal(Errno.EACCES);
        }
        return node;
    }

    /**
     * The errno for a missing node: a domain that may not access the nearest parent in the same way does not learn that the
     * node is missing (C xenstored's errno_from_parents).
     */
    private Errno missing(String path, int access) {
        String above = StorePath.parent(path);
        while (view.find(above).isEmpty()) {
            above = StorePath.parent(above);
        }
        return view.find(above).orElseThrow().allows(domid, access) ? Errno.ENOENT : Errno.EACCES;
    }
}
