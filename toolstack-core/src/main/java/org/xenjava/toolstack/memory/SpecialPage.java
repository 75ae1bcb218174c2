// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A page outside of the RAM that a guest, PVH or HVM, shares with Xen or with a daemon. They lie side by side below
 * 0xFF000000, in this order, as libxenguest puts them ({@code tools/libs/guest/xg_dom_x86.c}; the same from Xen 4.14
 * to 4.22).
 */
public enum SpecialPage {
    PAGING_RING("paging ring"),
    MONITOR_RING("monitor ring"),
    SHARING_RING("sharing ring"),
    BUFFERED_IOREQ("buffered I/O requests"),
    STORE("xenstore"),
    IOREQ("I/O requests"),
    /** Maps guest-physical addresses to themselves, for a vCPU that has paging off on hardware that wants it on. */
    IDENTITY_PAGE_TABLE("identity page table"),
    CONSOLE("console");

    private static final long FIRST_GFN = 0xFEFF8L;

    private final String use;

    SpecialPage(String use) {
        this.use = use;
    }

    /** {@return its guest frame} */
    public long gfn() {
        return FIRST_GFN + ordinal();
    }

    /** {@return its guest-physical address} */
    public long address() {
        return gfn() << Pages.SHIFT;
    }

    /** {@return what it is for, in words} */
    public String use() {
        return use;
    }

    /** {@return how many there are} */
    public static Pages count() {
        return Pages.of(values().length);
    }

    /** {@return every guest frame of theirs, in order} */
    public static long[] gfns() {
        return Arrays.stream(values()).mapToLong(SpecialPage::gfn).toArray();
    }
}
