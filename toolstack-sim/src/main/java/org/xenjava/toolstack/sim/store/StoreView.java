// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.Optional;

/** Nodes by absolute path: the tree itself, or a transaction's view of it. */
interface StoreView {
    Optional<StoreNode> find(String path);

    void put(String path, StoreNode node);

    /** Removes this one node. */
    void remove(String path);

    /** A change is complete: watches on the node, and on its children if it was removed, are due. */
    void changed(Change change);

    /** A node that was written or removed. */
    record Change(String path, boolean removed) {}
}
