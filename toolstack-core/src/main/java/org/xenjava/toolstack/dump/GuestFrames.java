// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.memory.layout.PvhLayout;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Guest frames that may have a page, in runs without a gap: all RAM that a guest of that size could have for any
 * position of its hole for devices, and the special pages beside it. The memory of emulated cards is not among them.
 */
public final class GuestFrames {
    /** The frame at 4 GiB. */
    public static final long FIRST_HIGH = GuestLayout.FOUR_GIB >> Pages.SHIFT;

    private static final long DEVICES = PvhLayout.MMIO_HOLE_START >> Pages.SHIFT;
    private static final long ACPI_PAGES = 16;

    private GuestFrames() {}

    /** Guest frames from {@code first} to {@code end}, exclusive. */
    public record Run(long first, long end) {
        public long pages() {
            return end - first;
        }

        /** The run cut into parts of at most {@code most} frames. */
        Stream<Run> parts(int most) {
            return LongStream.iterate(first, at -> at < end, at -> at + most)
                    .mapToObj(at -> new Run(at, Math.min(at + most, end)));
        }

        long[] gfns() {
            return LongStream.range(first, end).toArray();
        }
    }

    /** @param size {@code memory/static-max} */
    public static List<Run> of(KiB size) {
        long frames = size.toPages().count();
        Run low = new Run(0, Math.min(frames, DEVICES));
        Run acpi = new Run(DEVICES, DEVICES + ACPI_PAGES);
        Run ioreq = new Run(
                HvmLayout.FIRST_IOREQ_SERVER_GFN, HvmLayout.FIRST_IOREQ_SERVER_GFN + HvmLayout.IOREQ_SERVER_PAGES);
        long firstSpecial = Arrays.stream(SpecialPage.gfns()).min().orElseThrow();
        Run special = new Run(firstSpecial, firstSpecial + SpecialPage.count().count());
        // A hole may be as large as the 4 GiB below it.
        Run high = new Run(FIRST_HIGH, FIRST_HIGH + frames);
        return List.of(low, acpi, ioreq, special, high);
    }
}
