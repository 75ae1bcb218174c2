// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Memory that the host's firmware reserves for devices (an RMRR). A device that a guest has reaches it at the same addresses
 * in the guest, so the guest's RAM leaves it out, and its memory map shows it as reserved.
 *
 * @param ranges the ranges that the guest leaves out, by address
 * @param ignored the ranges that are RAM in the guest, because their policy allows it, by address
 * @param holeStart first byte of the guest's hole for devices below 4 GiB, with the lowest range that RAM would reach
 */
public record DeviceMemory(List<RamRange> ranges, List<RamRange> ignored, long holeStart) {
    private static final long LARGE_PAGE = 2L << 20;

    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param ranges the ranges that the guest leaves out, by address
     * @param ignored the ranges that are RAM in the guest, by address
     * @param holeStart first byte of the guest's hole for devices below 4 GiB
     */
    public DeviceMemory {
        ranges = List.copyOf(ranges);
        ignored = List.copyOf(ignored);
    }

    /** The treatment of a range that cannot be left out of the guest's RAM. */
    public enum Policy {
        /** The guest is refused. */
        STRICT,
        /** The guest has RAM there. A device that uses the range may fail or crash the guest. */
        RELAXED
    }

    /**
     * Memory of the host that a device needs.
     *
     * @param range its addresses
     * @param policy the treatment of a conflict
     */
    public record Reservation(RamRange range, Policy policy) {}

    /** {@return whether the guest's RAM below 4 GiB ends before one of the ranges} */
    public boolean shortensRam() {
        return ranges.stream().anyMatch(range -> holeBefore(range.start()) == holeStart);
    }

    private static long holeBefore(long start) {
        return start < LARGE_PAGE ? start : start / LARGE_PAGE * LARGE_PAGE;
    }

    /** {@return the memory of a guest without such devices} */
    static DeviceMemory none(long holeStart) {
        return new DeviceMemory(List.of(), List.of(), holeStart);
    }

    /**
     * Fits an HVM guest's RAM around the reserved ranges, as libxl does: RAM ends below a range between the boundary and 4
     * GiB, and continues above 4 GiB. A range elsewhere that RAM reaches is a conflict.
     *
     * @param domain name of the guest
     * @param reservations the reserved ranges
     * @param frames the guest's frames of RAM
     * @param holeStart first byte of the hole for devices that the guest has without them
     * @param boundary RAM up to this address stays RAM
     * @throws ConfigException if there is a conflict whose policy is strict
     */
    static DeviceMemory fit(
            String domain, List<Reservation> reservations, Pages frames, long holeStart, long boundary) {
        List<Reservation> sorted = reservations.stream()
                .sorted(Comparator.comparingLong(
                        reservation -> reservation.range().start()))
                .toList();
        long hole = holeStart;
        for (Reservation reservation : sorted) {
            long start = reservation.range().start();
            if (start > boundary && reaches(GuestLayout.hvm(frames, hole), reservation.range()) && start < hole) {
                hole = holeBefore(start);
            }
        }
        GuestLayout layout = GuestLayout.hvm(frames, hole);
        List<RamRange> kept = new ArrayList<>();
        List<RamRange> ignored = new ArrayList<>();
        for (Reservation reservation : sorted) {
            boolean conflict = reaches(layout, reservation.range());
            if (conflict && reservation.policy() == Policy.STRICT) {
                throw new ConfigException("domain " + domain + ": rdm: the guest has RAM at 0x"
                        + Long.toHexString(reservation.range().start())
                        + ", where the host's firmware reserves memory for a device: give it less memory, set"
                        + " rdm_mem_boundary below that address, or allow the conflict with policy=relaxed");
            }
            (conflict ? ignored : kept).add(reservation.range());
        }
        return new DeviceMemory(kept, ignored, hole);
    }

    /** RAM is taken to have no hole for a VGA card. */
    private static boolean reaches(GuestLayout layout, RamRange range) {
        boolean low = range.start() < layout.lowMemEnd();
        boolean high = range.start() < layout.highMemEnd() && range.end() > GuestLayout.FOUR_GIB;
        return low || high || range.start() < HvmLayout.LOW_MEGABYTE_END;
    }
}
