// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/** Is told of every transition, on the guard's own thread: be quick. What it throws is logged and goes no further. */
@FunctionalInterface
public interface GuardListener {
    /** Tells nobody. */
    GuardListener NONE = event -> {};

    void changed(GuardEvent event);
}
