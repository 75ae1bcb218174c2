// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.List;
import java.util.stream.Stream;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.memory.layout.PvhLayout;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The ranges of a guest's RAM. RAM begins at 0, leaves out a hole for devices below 4 GiB, and continues at 4 GiB if
 * it does not fit below. The pages of a PV guest are one range, by pfn.
 *
 * @param ram the ranges by address; no range of an HVM or PVH guest reaches across 4 GiB
 */
public record GuestLayout(List<RamRange> ram) {
    /** 4 GiB: RAM that does not fit below the hole continues here. */
    public static final long FOUR_GIB = 1L << 32;

    /**
     * Copies the list, so that the record is immutable.
     *
     * @param ram the ranges by address; no range of an HVM or PVH guest reaches across 4 GiB
     */
    public GuestLayout {
        ram = List.copyOf(ram);
    }

    /**
     * {@return the RAM of a PVH guest}
     *
     * @param frames number of frames of RAM
     */
    public static GuestLayout pvh(Pages frames) {
        return withHole(frames, PvhLayout.MMIO_HOLE_START);
    }

    /**
     * {@return the RAM of an HVM guest, with another hole where a VGA card has its frame buffer}
     *
     * @param frames number of frames of RAM, without those of the VGA hole
     * @param mmioHoleStart first byte of the hole for devices
     */
    public static GuestLayout hvm(Pages frames, long mmioHoleStart) {
        GuestLayout nominal = withHole(frames.plus(HvmLayout.VGA_HOLE), mmioHoleStart);
        Stream<RamRange> low = Stream.of(
                new RamRange(0, HvmLayout.VGA_HOLE_START), new RamRange(HvmLayout.VGA_HOLE_END, nominal.lowMemEnd()));
        return new GuestLayout(Stream.concat(low, nominal.ram.stream().skip(1)).toList());
    }

    /**
     * {@return the RAM of a PV guest, which has no hole}
     *
     * @param frames number of pages
     */
    static GuestLayout pv(Pages frames) {
        return new GuestLayout(List.of(new RamRange(0, frames.count() << Pages.SHIFT)));
    }

    private static GuestLayout withHole(Pages frames, long holeStart) {
        long bytes = frames.count() << Pages.SHIFT;
        RamRange low = new RamRange(0, Math.min(bytes, holeStart));
        RamRange high = new RamRange(FOUR_GIB, FOUR_GIB + bytes - low.end());
        return new GuestLayout(high.start() == high.end() ? List.of(low) : List.of(low, high));
    }

    /** {@return the number of frames in all ranges} */
    public Pages frames() {
        return ram.stream().map(RamRange::pages).reduce(Pages.ZERO, Pages::plus);
    }

    /** {@return the first byte behind the RAM below the MMIO hole} */
    public long lowMemEnd() {
        return ram.stream()
                .mapToLong(RamRange::end)
                .filter(end -> end < FOUR_GIB)
                .max()
                .orElse(0);
    }

    /** {@return the first byte behind the RAM above 4 GiB; 4 GiB if there is none} */
    public long highMemEnd() {
        return Math.max(FOUR_GIB, ram.get(ram.size() - 1).end());
    }

    /** {@return the number of bytes of RAM above 4 GiB} */
    public long highMemBytes() {
        return highMemEnd() - FOUR_GIB;
    }
}
