// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.util.List;

/**
 * The settings that a domain kept when it moved to another pool. Xen itself forgets affinities, weight and cap.
 *
 * @param unpinned vCPUs whose hard affinity was lost, because no CPU of the new pool is in it
 * @param share whether the domain kept its weight and cap
 */
public record PoolMove(List<Integer> unpinned, Share share) {
    /** The fate of weight and cap. */
    public enum Share {
        /** The domain has the weight and cap that it had. */
        KEPT,
        /** The scheduler of one of the pools has neither; the domain has that scheduler's defaults. */
        LOST
    }

    /**
     * Copies the list.
     *
     * @param unpinned vCPUs
     * @param share what became of the share
     */
    public PoolMove {
        unpinned = List.copyOf(unpinned);
    }
}
