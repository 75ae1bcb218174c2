// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The changes of a transaction, which become visible together or not at all. The commit fails if a node that the
 * transaction read, or the parent of a node that it created, has changed since.
 */
final class TransactionView implements StoreView {
    private final StoreTree tree;
    private final Map<String, Long> seen = new HashMap<>();

    /** Copies of the nodes that were read. xenstored makes one at the first read, so that a second read agrees with it. */
    private final Map<String, StoreNode> read = new HashMap<>();

    private final Map<String, Optional<StoreNode>> written = new LinkedHashMap<>();
    private final List<Change> changes = new ArrayList<>();

    TransactionView(StoreTree tree) {
        this.tree = tree;
    }

    @Override
    public Optional<StoreNode> find(String path) {
        Optional<StoreNode> own = written.get(path);
        if (own != null) {
            return own;
        }
        StoreNode copy = read.get(path);
        if (copy != null) {
            return Optional.of(copy);
        }
        seen.putIfAbsent(path, tree.generation(path));
        Optional<StoreNode> node = tree.find(path);
        node.ifPresent(found -> read.put(path, found));
        return node;
    }

    @Override
    public void put(String path, StoreNode node) {
        written.put(path, Optional.of(node));
    }

    @Override
    public void remove(String path) {
        written.put(path, Optional.empty());
    }

    @Override
    public void changed(Change change) {
        changes.add(change);
    }

    /**
     * Applies all changes.
     *
     * @throws StoreRefusal EAGAIN after a conflicting change; nothing was applied
     */
    void commit() {
        boolean overtaken =
                seen.entrySet().stream().anyMatch(node -> tree.generation(node.getKey()) != node.getValue());
        if (overtaken) {
            throw new StoreRefusal(Errno.EAGAIN);
        }
        written.forEach((path, node) -> node.ifPresentOrElse(n -> tree.put(path, n), () -> tree.remove(path)));
        changes.forEach(tree::changed);
    }
}
