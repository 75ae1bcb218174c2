// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

/** The content of a guest's page before its first write. */
enum FreshPages {
    /**
     * Zeros: Xen clears the pages of the populate-on-demand cache ({@code p2m_pod_cache_add}). Zeros need not be
     * written, and a page that is not written stays in the cache.
     */
    ZERO,
    /**
     * Unknown: pages that are allocated at once. Release builds of Xen clear them; debug builds fill them with 0xc2, so
     * that no caller relies on zeros ({@code scrub_one_page}).
     */
    UNDEFINED
}
