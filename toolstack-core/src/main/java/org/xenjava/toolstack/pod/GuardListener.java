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

    /** This one first, then another; what the first throws keeps the other from hearing. */
    default GuardListener andThen(GuardListener other) {
        GuardListener first = this;
        return new GuardListener() {
            @Override
            public void changed(GuardEvent event) {
                first.changed(event);
                other.changed(event);
            }

            @Override
            public void looked(GuardStatus status) {
                first.looked(status);
                other.looked(status);
            }
        };
    }
}
