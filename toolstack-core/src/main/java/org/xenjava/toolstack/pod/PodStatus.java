// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * One reading of a domain's populate-on-demand counters.
 *
 * @param domid the domain
 * @param name its name; empty if it has none in xenstore
 * @param totPages pages that it owns
 * @param cache pages that wait for entries
 * @param entries guest frames that wait for a page
 */
public record PodStatus(int domid, String name, Pages totPages, Pages cache, Pages entries) {

    /** From the counters of one hypercall. */
    public static PodStatus of(int domid, String name, PodCounters counters) {
        return new PodStatus(
                domid,
                name,
                Pages.of(counters.totPages()),
                Pages.of(counters.cachePages()),
                Pages.of(counters.entries()));
    }

    /** {@return entries without a page, in pages; negative for a surplus of cache} */
    public long debtPages() {
        return entries.count() - cache.count();
    }

    public PodVerdict verdict() {
        if (debtPages() > 0) {
            return PodVerdict.VULNERABLE;
        }
        if (debtPages() < 0) {
            return PodVerdict.SHOULD_NOT_HAPPEN;
        }
        return cache.count() == 0 ? PodVerdict.NOT_USING_POD : PodVerdict.NOT_VULNERABLE;
    }
}
