// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import java.util.OptionalLong;

/**
 * The virtual addresses for which the kernel of a PV guest was built, and the choices that the kernel leaves to the builder.
 *
 * @param base virtual address of pfn 0 ({@code VIRT_BASE})
 * @param p2mList virtual address of the list of machine frames, outside of the initial mapping ({@code INIT_P2M}); empty
 *     if the list has to be inside
 * @param ramdisk how the kernel finds its ramdisk
 */
public record AddressSpace(long base, OptionalLong p2mList, RamdiskAddress ramdisk) {
    /** Number of bits of a virtual address that page tables translate. */
    static final int BITS = 48;

    /** First address behind those that Xen keeps for itself. */
    private static final long XEN_END = 0xFFFF_8800_0000_0000L;

    private static final long LOWER_HALF_END = 1L << BITS - 1;

    /** The kind of number with which the start info names the ramdisk. */
    public enum RamdiskAddress {
        /** A virtual address in the initial mapping. */
        VIRTUAL,
        /** A pfn ({@code MOD_START_PFN}). */
        FRAME
    }

    /** The virtual address of a page in the initial mapping. */
    long of(long pfn) {
        return base + pfn * PvPageTables.PAGE_BYTES;
    }

    /**
     * Whether a guest may map these addresses: they are in one half of the address space, and not Xen's.
     *
     * @param last the last byte, not below {@code first}
     */
    static boolean isMappable(long first, long last) {
        boolean lower = Long.compareUnsigned(last, LOWER_HALF_END) < 0;
        boolean upper = Long.compareUnsigned(first, XEN_END) >= 0;
        return Long.compareUnsigned(first, last) <= 0 && (lower || upper);
    }
}
