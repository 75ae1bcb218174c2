// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

/** Is told what a supervisor sees and does, on the supervisor's thread. */
@FunctionalInterface
public interface SupervisionListener {
    /** Hears nothing. */
    SupervisionListener NONE = event -> {};

    void happened(SupervisionEvent event);
}
