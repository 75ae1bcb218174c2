// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

/** What a guest frame number stands for. */
public enum GfnType {
    /** Nothing. */
    HOLE,
    /** Nothing yet: a page is put here when somebody touches it. */
    POPULATE_ON_DEMAND,
    /** A page of the domain. */
    RAM,
    /** A page of Xen's own, such as the shared info page or a frame of the grant table. */
    SPECIAL
}
