// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/**
 * What firmware takes of an HVM guest's RAM before the operating system sees it, besides the first MiB: there, the
 * page 0x9f, the option ROMs' 0xc0 to 0xff and the VGA hole are never visible.
 *
 * @param topPages pages at the end of RAM that it keeps for its tables
 * @param relocatedPages pages that it moves away from the end of RAM
 */
public record Firmware(long topPages, long relocatedPages) {
    /** Firmware that keeps nothing but its part of the first MiB. */
    public static final Firmware PLAIN = new Firmware(0, 0);
}
