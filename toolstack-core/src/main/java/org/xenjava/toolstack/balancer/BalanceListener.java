// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

/**
 * Receives what a balancer does and observes, on the balancer's thread, so it must be quick. Its exceptions are logged and
 * have no other effect.
 */
@FunctionalInterface
public interface BalanceListener {
    /** Ignores everything. */
    BalanceListener NONE = event -> {};

    /**
     * Called when the balancer has done or observed something.
     *
     * @param event what happened
     */
    void happened(BalanceEvent event);

    /**
     * Called after each look of a balancer that acts.
     *
     * @param view the host and the decision
     */
    default void looked(BalanceView view) {}

    /** Called once, when the balancer is closed. */
    default void ended() {}

    /**
     * {@return a listener that calls this one and then another} The other is called even if this one throws.
     *
     * @param other the other listener
     */
    default BalanceListener andThen(BalanceListener other) {
        BalanceListener first = this;
        return new BalanceListener() {
            @Override
            public void happened(BalanceEvent event) {
                try {
                    first.happened(event);
                } finally {
                    other.happened(event);
                }
            }

            @Override
            public void looked(BalanceView view) {
                try {
                    first.looked(view);
                } finally {
                    other.looked(view);
                }
            }

            @Override
            public void ended() {
                try {
                    first.ended();
                } finally {
                    other.ended();
                }
            }
        };
    }
}
