// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

/**
 * A domain's populate-on-demand counters, one consistent reading ({@code XENMEM_get_pod_target}).
 *
 * @param totPages pages that the domain owns, its PoD cache and its special pages included
 * @param cachePages zeroed pages kept back for PoD entries
 * @param entries guest frames that wait for a page
 */
public record PodCounters(long totPages, long cachePages, long entries) {
    /**
     * {@return entries for which there is no page: positive means that a touch of that many frames kills the guest
     * (XSA-153); negative is a surplus, seen only while a domain is built}
     */
    public long debt() {
        return entries - cachePages;
    }
}
