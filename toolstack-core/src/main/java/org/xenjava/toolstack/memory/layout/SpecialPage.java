// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory.layout;

import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A page outside RAM that a PVH or HVM guest shares with Xen or with a daemon. The pages are neighbours below
 * 0xFF000000, in this order, as in libxenguest ({@code tools/libs/guest/xg_dom_x86.c}; the same from Xen 4.14 to
 * 4.22).
 */
public enum SpecialPage {
    /** Ring for events of memory paging. */
    PAGING_RING("paging ring"),
    /** Ring for events of a monitor. */
    MONITOR_RING("monitor ring"),
    /** Ring for events of memory sharing. */
    SHARING_RING("sharing ring"),
    /** Buffered I/O requests to the default device model. */
    BUFFERED_IOREQ("buffered I/O requests"),
    /** Ring of the connection to xenstored. */
    STORE("xenstore"),
    /** I/O requests to the default device model. */
    IOREQ("I/O requests"),
    /**
     * Page table that maps guest-physical addresses to themselves, for vCPUs without paging on hardware that requires
     * paging.
     */
    IDENTITY_PAGE_TABLE("identity page table"),
    /** Ring of the guest's console. */
    CONSOLE("console");

    private static final long FIRST_GFN = 0xFEFF8L;

    private final String use;

    SpecialPage(String use) {
        this.use = use;
    }

    /** {@return the guest frame of the page} */
    public long gfn() {
        return FIRST_GFN + ordinal();
    }

    /** {@return the guest-physical address of the page} */
    public long address() {
        return gfn() << Pages.SHIFT;
    }

    /** {@return the use of the page in English} */
    public String use() {
        return use;
    }

    /** {@return the number of special pages} */
    public static Pages count() {
        return Pages.of(values().length);
    }

    /** {@return the guest frames of all special pages, ascending} */
    public static long[] gfns() {
        return Arrays.stream(values()).mapToLong(SpecialPage::gfn).toArray();
    }
}
