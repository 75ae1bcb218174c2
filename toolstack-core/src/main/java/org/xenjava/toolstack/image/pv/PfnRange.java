// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

/**
 * Neighbouring pages of a PV guest.
 *
 * @param first pfn of the first page
 * @param count number of pages
 */
public record PfnRange(long first, long count) {
    /** The pfn behind the last page. */
    public long end() {
        return first + count;
    }

    boolean contains(long pfn) {
        return pfn >= first && pfn < end();
    }
}
