// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.XenStoreException;

/**
 * Records of a journal that this process no longer works on. An empty record tells other processes to go on. If xenstored
 * cannot be reached, this process knows at once, and the others learn it with the next use of the journal.
 */
public final class ReleasedRecords {
    private static final Logger LOG = LoggerFactory.getLogger(ReleasedRecords.class);
    private static final String NOBODY = "";

    private final StoreClient store;
    private final Set<String> unmarked = ConcurrentHashMap.newKeySet();

    public ReleasedRecords(StoreClient store) {
        this.store = store;
    }

    /** Marks the record as nobody's. */
    public void release(String path) {
        unmarked.add(path);
        store.direct().write(path, NOBODY);
        unmarked.remove(path);
    }

    /** Whether this process has released the record and could not mark it. */
    public boolean contains(String path) {
        return unmarked.contains(path);
    }

    /** This process works on the record again. */
    public void takeBack(String path) {
        unmarked.remove(path);
    }

    /** Marks the records that could not be marked before. */
    public void retry() {
        for (String path : unmarked) {
            try {
                if (store.direct().exists(path)) {
                    store.direct().write(path, NOBODY);
                }
                unmarked.remove(path);
            } catch (XenStoreException e) {
                LOG.debug("{} cannot be marked as nobody's yet: {}", path, e.getMessage());
            }
        }
    }
}
