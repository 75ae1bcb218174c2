// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A Xen, real or simulated, that steps can be tried on: each time on a new, paused domain. */
record Machine(String name, Xenctrl xenctrl) {
    private static final long PAGING_POOL_BYTES = 4L << 20;

    List<Outcome> run(List<Step> steps) {
        int domid = xenctrl.domains()
                .create(new CreateDomain(
                        UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        try {
            xenctrl.domains().setMaxVcpus(domid, 1);
            xenctrl.memory().setPagingPool(domid, Pages.holding(PAGING_POOL_BYTES));
            List<Outcome> outcomes = new ArrayList<>();
            for (Step step : steps) {
                outcomes.add(Outcome.of(step, xenctrl, domid));
            }
            return outcomes;
        } finally {
            xenctrl.domains().destroy(domid);
        }
    }
}
