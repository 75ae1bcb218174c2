// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

/** Receives what a balancer does and observes. */
@FunctionalInterface
public interface BalanceListener {
    /** Ignores everything. */
    BalanceListener NONE = event -> {};

    /**
     * Called on the balancer's thread.
     *
     * @param event what happened
     */
    void happened(BalanceEvent event);
}
