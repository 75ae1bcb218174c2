// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

/**
 * A domain's populate-on-demand counters, one consistent reading ({@code XENMEM_get_pod_target}).
 *
 * @param totPages pages that the domain owns, its PoD cache and its special pages included
 * @param cachePages zeroed pages that are reserved for PoD entries
 * @param entries guest frames without a page
 */
public record PodCounters(long totPages, long cachePages, long entries) {
    /**
     * {@return the number of entries without a page in the cache. If it is positive, a guest that touches all its frames crashes (XSA-153); a negative number is a surplus, which occurs during a build and a backed boot}
     */
    public long debt() {
        return entries - cachePages;
    }
}
