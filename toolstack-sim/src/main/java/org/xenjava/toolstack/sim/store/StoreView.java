// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.Optional;

/** Nodes by absolute path: the tree itself or a transaction's view of it. */
interface StoreView {
    Optional<StoreNode> find(String path);

    void put(String path, StoreNode node);

    /** Removes one node, without its children. */
    void remove(String path);

    /** Reports a complete change; watches on the node fire, and on its children if it was removed. */
    void changed(Change change);

    /** A node that was written or removed. */
    record Change(String path, boolean removed) {}
}
