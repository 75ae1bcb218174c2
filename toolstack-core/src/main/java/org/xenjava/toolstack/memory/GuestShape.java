// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The four numbers of a guest that decide its memory: what a {@link PodPolicy} computes with.
 *
 * @param memory M: what the guest is to have
 * @param maxMemory X: what it may grow to; {@code memory} or more
 * @param videoRam V: the part of both that is video memory; zero for PVH
 * @param vgaHole h: frames of the nominal RAM that are never populated: 32 for HVM with a device model, 0 for PVH
 */
public record GuestShape(KiB memory, KiB maxMemory, KiB videoRam, Pages vgaHole) {
    public GuestShape {
        if (maxMemory.isLessThan(memory)) {
            throw new IllegalArgumentException("maxmem " + maxMemory + " is less than memory " + memory);
        }
        if (!videoRam.isLessThan(memory)) {
            throw new IllegalArgumentException("video RAM " + videoRam + " leaves nothing of " + memory);
        }
    }

    /** {@return a PVH guest: no video RAM, no VGA hole} */
    public static GuestShape pvh(KiB memory, KiB maxMemory) {
        return new GuestShape(memory, maxMemory, KiB.ZERO, Pages.ZERO);
    }

    /**
     * {@return an HVM guest with a device model: the video RAM is QEMU's to allocate, and the VGA hole stays empty}
     *
     * @throws ConfigException if maxmem less video RAM is not whole MiB, which libxl could not build again after a
     *     reboot
     */
    public static GuestShape hvm(KiB memory, KiB maxMemory, KiB videoRam) {
        GuestShape shape = new GuestShape(memory, maxMemory, videoRam, HvmLayout.VGA_HOLE);
        KiB nominal = maxMemory.minus(videoRam);
        if (!nominal.isMultipleOfMiB()) {
            throw new ConfigException(
                    "maxmem less video RAM is whole MiB, not " + maxMemory + " − " + videoRam + " = " + nominal);
        }
        return shape;
    }

    /** Less memory than it may have: populate-on-demand mode. */
    public boolean populateOnDemand() {
        return memory.isLessThan(maxMemory);
    }

    /** {@return the same guest with another size} */
    public GuestShape withMemory(KiB other) {
        return new GuestShape(other, maxMemory, videoRam, vgaHole);
    }

    /**
     * (M − V)/4 − h: RAM that the guest is to have in the end.
     *
     * @return the number of pages
     */
    public Pages ram() {
        return memory.minus(videoRam).toPages().minus(vgaHole);
    }

    /**
     * (X − V)/4 − h: guest frames to be populated, the number of PoD entries of a PoD build.
     *
     * @return the number of pages
     */
    public Pages frames() {
        return maxMemory.minus(videoRam).toPages().minus(vgaHole);
    }
}
