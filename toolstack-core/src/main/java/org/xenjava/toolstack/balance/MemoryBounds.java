// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.Optional;

/**
 * The smallest and the largest size that the balancer may set. {@code memory/dynamic-min} and {@code memory/dynamic-max},
 * which XenServer's toolstack writes, come first.
 *
 * @param floorPages smallest size, in pages
 * @param ceilingPages largest size, in pages
 */
public record MemoryBounds(long floorPages, long ceilingPages) {
    /** Linux does not boot reliably in less, and needs a struct page of 64 bytes for each page of its memory map. */
    private static final long LEAST_PAGES = 128 * 256;

    private static final long PAGES_PER_STRUCT_PAGE = 62;

    /**
     * {@return the bounds of a guest} Without nodes, the floor is half of the size that the user has set, and at least
     * 128 MiB and 1.6 % of the maximum; a guest that is smaller keeps its size.
     *
     * @param minimum {@code memory/dynamic-min} in pages, if it is there
     * @param maximum {@code memory/dynamic-max} in pages, if it is there
     * @param base size that the user has set, in pages
     * @param staticMaximum size that the guest's memory map was built for, in pages
     */
    public static MemoryBounds of(Optional<Long> minimum, Optional<Long> maximum, long base, long staticMaximum) {
        long ceiling = Math.min(maximum.orElse(staticMaximum), staticMaximum);
        long safe = Math.max(LEAST_PAGES + staticMaximum / PAGES_PER_STRUCT_PAGE, base / 2);
        long floor = Math.min(minimum.orElse(Math.min(safe, base)), ceiling);
        return new MemoryBounds(floor, ceiling);
    }
}
