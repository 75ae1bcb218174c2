// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

/**
 * The RAM of an HVM guest that firmware hides from the operating system, apart from the first MiB. There, page 0x9f,
 * the option ROMs at 0xc0 to 0xff and the VGA hole are always hidden.
 *
 * @param topPages pages at the end of RAM that hold the firmware's tables
 * @param relocatedPages pages that the firmware moves away from the end of RAM
 */
public record Firmware(long topPages, long relocatedPages) {
    /** Firmware that hides only its part of the first MiB. */
    public static final Firmware PLAIN = new Firmware(0, 0);
}
