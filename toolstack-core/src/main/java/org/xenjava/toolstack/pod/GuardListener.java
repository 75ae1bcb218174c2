// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** Is told of what a guard sees, on the guard's own thread: be quick. What it throws is logged and goes no further. */
@FunctionalInterface
public interface GuardListener {
    /** Tells nobody. */
    GuardListener NONE = event -> {};

    /** A domain has passed from one state to another, or a monitor was attached to it or detached. */
    void changed(GuardEvent event);

    /** A domain was looked at, whether or not anything has changed since the look before. */
    default void looked(GuardStatus status) {}
}
