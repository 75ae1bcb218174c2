// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import org.xenjava.toolstack.memory.PvhLayout;

/**
 * Where a PVH guest's RAM lies and how much of it has pages behind it when the guest is built.
 *
 * @param lowMemEnd first byte behind the RAM that begins at 0
 * @param highMemEnd first byte behind the RAM that begins at 4 GiB; 4 GiB if there is none
 * @param backedBytes what may be touched before the guest runs: all of the RAM, or less in populate-on-demand mode
 */
public record RamBounds(long lowMemEnd, long highMemEnd, long backedBytes) {

    /** Bytes of RAM above 4 GiB. */
    public long highMemBytes() {
        return highMemEnd - PvhLayout.FOUR_GIB;
    }

    /** The RAM has more pages than are backed: pages come from Xen's populate-on-demand cache when first touched. */
    public boolean populateOnDemand() {
        return backedBytes < lowMemEnd + highMemBytes();
    }
}
