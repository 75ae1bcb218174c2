// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.DeviceMemory.Policy;
import org.xenjava.toolstack.memory.DeviceMemory.Reservation;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class DeviceMemoryTest {
    private static final long GIB = 1L << 30;
    private static final long HOLE = 0xF000_0000L;

    /** Graphics memory of a laptop, where it has an RMRR. */
    private static final RamRange GRAPHICS = new RamRange(0xAD80_1000L, 0xAFA0_0000L);

    private static final RamRange USB = new RamRange(0x7FFE_0000L, 0x7FFE_4000L);

    private static DeviceMemory fit(Policy policy, long gib, long boundary, RamRange... ranges) {
        return DeviceMemory.fit(
                "web",
                Stream.of(ranges).map(range -> new Reservation(range, policy)).toList(),
                frames(gib),
                HOLE,
                boundary);
    }

    private static Pages frames(long gib) {
        return KiB.ofMiB(gib * 1024).toPages();
    }

    @Test
    void ramThatReachesNoRangeStaysWhereItIs() {
        assertEquals(
                new DeviceMemory(List.of(USB, GRAPHICS), List.of(), HOLE),
                fit(Policy.STRICT, 1, 2 * GIB, GRAPHICS, USB));
    }

    @Test
    void ramEndsAtALargePageBelowARangeAboveTheBoundary() {
        DeviceMemory fitted = fit(Policy.STRICT, 3, 2 * GIB, GRAPHICS);
        assertEquals(new DeviceMemory(List.of(GRAPHICS), List.of(), 0xAD80_0000L), fitted);
        GuestLayout layout = GuestLayout.hvm(frames(3), fitted.holeStart());
        assertEquals(0xAD80_0000L, layout.lowMemEnd());
        assertEquals(frames(3), layout.frames());
    }

    @Test
    void aConflictBelowTheBoundaryIsRefusedOrIgnored() {
        ConfigException e = assertThrows(ConfigException.class, () -> fit(Policy.STRICT, 3, 2 * GIB, USB));
        assertTrue(e.getMessage().contains("RAM at 0x7ffe0000"), e.getMessage());
        assertEquals(new DeviceMemory(List.of(), List.of(USB), HOLE), fit(Policy.RELAXED, 3, 2 * GIB, USB));
        assertEquals(0x7FE0_0000L, fit(Policy.STRICT, 3, GIB, USB).holeStart());
    }

    @Test
    void theLowestOfSeveralRangesCounts() {
        DeviceMemory fitted = fit(Policy.STRICT, 3, GIB, GRAPHICS, USB);
        assertEquals(0x7FE0_0000L, fitted.holeStart());
        assertEquals(List.of(USB, GRAPHICS), fitted.ranges());
    }

    @Test
    void ramAbove4GiBThatARangeNeedsIsAConflict() {
        RamRange high = new RamRange(4 * GIB + 0x1000, 4 * GIB + 0x2000);
        assertEquals(1, fit(Policy.STRICT, 2, 2 * GIB, high).ranges().size());
        assertEquals(1, fit(Policy.RELAXED, 5, 2 * GIB, high).ignored().size());
    }

    @Test
    void aRangeInTheFirstMegabyteIsAConflict() {
        RamRange bios = new RamRange(0xE_0000, 0xF_0000);
        assertThrows(ConfigException.class, () -> fit(Policy.STRICT, 1, 0x1000, bios));
    }
}
