// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** The tree outside transactions. Each node has the number of the change that last touched it. */
final class StoreTree implements StoreView {
    /** The generation of a node that does not exist. */
    static final long ABSENT = -1;

    private final Map<String, StoreNode> nodes = new HashMap<>();
    private final Map<String, Long> generations = new HashMap<>();
    private final Consumer<Change> watchers;
    private long generation;

    StoreTree(Consumer<Change> watchers) {
        this.watchers = watchers;
        clear();
    }

    /** Removes all nodes but the root. No watch fires. */
    void clear() {
        nodes.clear();
        generations.clear();
        put(
                StorePath.ROOT,
                new StoreNode(new byte[0], List.of(), List.of(new XenStorePermission(0, XenStorePermission.NONE))));
    }

    @Override
    public Optional<StoreNode> find(String path) {
        return Optional.ofNullable(nodes.get(path));
    }

    @Override
    public void put(String path, StoreNode node) {
        nodes.put(path, node);
        generations.put(path, ++generation);
    }

    @Override
    public void remove(String path) {
        nodes.remove(path);
        generations.remove(path);
    }

    @Override
    public void changed(Change change) {
        watchers.accept(change);
    }

    /** The generation of a node, which changes when the node is written, removed or created. */
    long generation(String path) {
        return generations.getOrDefault(path, ABSENT);
    }
}
