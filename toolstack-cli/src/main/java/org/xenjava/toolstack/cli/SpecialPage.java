// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.List;
import org.xenjava.toolstack.memory.PvhLayout;

/**
 * A page that a PVH guest shares with Xen or with a daemon.
 *
 * @param gfn its guest frame
 * @param use what for
 */
record SpecialPage(long gfn, String use) {
    static final List<SpecialPage> ALL = List.of(
            new SpecialPage(PvhLayout.PAGING_RING_GFN, "paging ring"),
            new SpecialPage(PvhLayout.MONITOR_RING_GFN, "monitor ring"),
            new SpecialPage(PvhLayout.SHARING_RING_GFN, "sharing ring"),
            new SpecialPage(PvhLayout.BUFIOREQ_GFN, "buffered I/O requests"),
            new SpecialPage(PvhLayout.STORE_GFN, "xenstore"),
            new SpecialPage(PvhLayout.IOREQ_GFN, "I/O requests"),
            new SpecialPage(PvhLayout.IDENTITY_PT_GFN, "identity page table"),
            new SpecialPage(PvhLayout.CONSOLE_GFN, "console"));
}
