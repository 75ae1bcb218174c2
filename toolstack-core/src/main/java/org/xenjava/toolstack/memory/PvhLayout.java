// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

/**
 * Where things lie in the guest-physical memory of a PVH domain: fixed gfns and addresses, as libxenguest has them
 * ({@code tools/libs/guest/xg_dom_x86.c}, {@code xenguest.h}; the same from Xen 4.14 to 4.22).
 */
public final class PvhLayout {
    /** First byte of the hole that no RAM is put into; it ends at {@link #FOUR_GIB}. */
    public static final long MMIO_HOLE_START = 0xFC00_0000L;

    /** 4 GiB: RAM that does not fit below the hole continues here. */
    public static final long FOUR_GIB = 1L << 32;

    /** Where the ACPI tables are put; the pages there are not RAM of the guest. */
    public static final long ACPI_START = 0xFC00_0000L;

    /** First of the {@link #SPECIAL_PAGES} special pages. */
    public static final long FIRST_SPECIAL_GFN = 0xFEFF8L;

    public static final int SPECIAL_PAGES = 8;

    public static final long PAGING_RING_GFN = 0xFEFF8L;
    public static final long MONITOR_RING_GFN = 0xFEFF9L;
    public static final long SHARING_RING_GFN = 0xFEFFAL;
    public static final long BUFIOREQ_GFN = 0xFEFFBL;
    public static final long STORE_GFN = 0xFEFFCL;
    public static final long IOREQ_GFN = 0xFEFFDL;
    public static final long IDENTITY_PT_GFN = 0xFEFFEL;
    public static final long CONSOLE_GFN = 0xFEFFFL;

    private PvhLayout() {}
}
