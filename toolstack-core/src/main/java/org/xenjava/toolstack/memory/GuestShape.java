// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The four sizes from which a {@link PodPolicy} computes a guest's memory.
 *
 * @param memory M: the memory that the guest gets
 * @param maxMemory X: the memory that the guest may grow to; {@code memory} or more
 * @param videoRam V: the part of both that is video memory; zero for PVH
 * @param vgaHole h: frames of the nominal RAM that are never populated: 32 for HVM with a device model, 0 for PVH
 */
public record GuestShape(KiB memory, KiB maxMemory, KiB videoRam, Pages vgaHole) {
    /**
     * Checks the sizes.
     *
     * @param memory M: the memory that the guest gets
     * @param maxMemory X: the memory that the guest may grow to; {@code memory} or more
     * @param videoRam V: the part of both that is video memory; zero for PVH
     * @param vgaHole h: frames of the nominal RAM that are never populated: 32 for HVM with a device model, 0 for PVH
     * @throws IllegalArgumentException if the maximum is less than the memory, or the video RAM leaves nothing
     */
    public GuestShape {
        if (maxMemory.isLessThan(memory)) {
            throw new IllegalArgumentException("maxmem " + maxMemory + " is less than memory " + memory);
        }
        if (!videoRam.isLessThan(memory)) {
            throw new IllegalArgumentException("video RAM " + videoRam + " leaves nothing of " + memory);
        }
    }

    /**
     * {@return a PVH guest: no video RAM, no VGA hole}
     *
     * @param memory the memory that the guest gets
     * @param maxMemory the memory that the guest may grow to; {@code memory} or more
     */
    public static GuestShape pvh(KiB memory, KiB maxMemory) {
        return new GuestShape(memory, maxMemory, KiB.ZERO, Pages.ZERO);
    }

    /**
     * {@return an HVM guest with a device model: QEMU allocates the video RAM, and the VGA hole stays empty}
     *
     * @param memory the memory that the guest gets
     * @param maxMemory the memory that the guest may grow to; {@code memory} or more
     * @param videoRam the part of both that is video memory
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

    /** {@return whether the guest boots in populate-on-demand mode: its memory is less than its maximum} */
    public boolean populateOnDemand() {
        return memory.isLessThan(maxMemory);
    }

    /**
     * The guest's RAM after ballooning: (M − V)/4 − h.
     *
     * @return the number of pages
     */
    public Pages ram() {
        return memory.minus(videoRam).toPages().minus(vgaHole);
    }

    /**
     * The guest frames of the build: (X − V)/4 − h, the number of PoD entries in a PoD build.
     *
     * @return the number of pages
     */
    public Pages frames() {
        return maxMemory.minus(videoRam).toPages().minus(vgaHole);
    }
}
