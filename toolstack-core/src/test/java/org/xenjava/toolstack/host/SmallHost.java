// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import java.util.UUID;
import java.util.stream.LongStream;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Hosts that are short of memory, in one way or another. */
public final class SmallHost {
    private static final long SUPERPAGE = 512;

    private SmallHost() {}

    /** A host that has so many free pages and no more. */
    public static SimulatedXen.Builder withFreePages(long pages) {
        return SimulatedXen.builder()
                .hostPages(pages + 2 * SUPERPAGE)
                .dom0Pages(SUPERPAGE)
                .xenPages(SUPERPAGE);
    }

    /** A domain that owns nothing yet and may own a lot. */
    public static int emptyDomain(Xenctrl xenctrl) {
        int domid = xenctrl.domains()
                .create(new CreateDomain(
                        UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        xenctrl.memory().setMaxMem(domid, KiB.of(1L << 30));
        return domid;
    }

    /** Takes one page of each free superpage, for a domain that stays. */
    public static int breakAllSuperpages(Xenctrl xenctrl) {
        int keeper = emptyDomain(xenctrl);
        int passing = emptyDomain(xenctrl);
        for (long at = 0; populate(xenctrl, keeper, at, 1) == 1; at += SUPERPAGE) {
            populate(xenctrl, passing, at, SUPERPAGE - 1);
        }
        xenctrl.domains().destroy(passing);
        return keeper;
    }

    private static int populate(Xenctrl xenctrl, int domid, long first, long pages) {
        long[] gfns = LongStream.range(first, first + pages).toArray();
        return xenctrl.memory().populatePhysmap(domid, gfns, 0, 0);
    }
}
