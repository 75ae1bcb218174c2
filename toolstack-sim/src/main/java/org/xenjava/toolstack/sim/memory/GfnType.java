// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

/** The type of a guest frame. */
public enum GfnType {
    /** No page. */
    HOLE,
    /** No page yet: Xen puts one here at the first access. */
    POPULATE_ON_DEMAND,
    /** A page of the domain. */
    RAM,
    /** A page of Xen's own, such as the shared info page or a frame of the grant table. */
    SPECIAL
}
