// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * One reading of a domain's populate-on-demand counters, with the domain's name.
 *
 * @param domid number of the domain
 * @param name name of the domain; empty if it has none in xenstore
 * @param counters the counters
 */
public record PodStatus(int domid, String name, PodCounters counters) {
    /** {@return pages that the domain owns} */
    public Pages totPages() {
        return Pages.of(counters.totPages());
    }

    /** {@return pages that wait for entries} */
    public Pages cache() {
        return Pages.of(counters.cachePages());
    }

    /** {@return guest frames that wait for a page} */
    public Pages entries() {
        return Pages.of(counters.entries());
    }

    /** {@return the number of entries without a page; negative for a surplus of cache} */
    public long debtPages() {
        return counters.debt();
    }

    /** {@return the verdict of XSA-153's check utility on these counters} */
    public PodVerdict verdict() {
        if (debtPages() > 0) {
            return PodVerdict.VULNERABLE;
        }
        if (debtPages() < 0) {
            return PodVerdict.SHOULD_NOT_HAPPEN;
        }
        return counters.cachePages() == 0 ? PodVerdict.NOT_USING_POD : PodVerdict.NOT_VULNERABLE;
    }
}
