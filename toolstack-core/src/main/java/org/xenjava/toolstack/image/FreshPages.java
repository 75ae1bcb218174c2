// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

/** The content of a guest's page to which nothing was written yet. */
enum FreshPages {
    /**
     * Zeros: pages of the populate-on-demand cache, which Xen clears when it puts them there ({@code
     * p2m_pod_cache_add}). Zeros need not be written, and each page left alone is one that stays in the cache.
     */
    ZERO,
    /**
     * Anything: pages allocated at once. Release builds of Xen happen to zero them; debug builds fill them with 0xc2
     * so that nobody relies on it ({@code scrub_one_page}).
     */
    UNDEFINED
}
