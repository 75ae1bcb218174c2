// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

/**
 * The domain on whose behalf Xen acts.
 *
 * @param domid 0 for the toolstack and everything else in dom0
 */
public record Actor(int domid) {
    /** The control domain. */
    public static final Actor DOM0 = new Actor(0);
}
