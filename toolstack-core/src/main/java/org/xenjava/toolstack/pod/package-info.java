// SPDX-License-Identifier: Apache-2.0
/**
 * Populate-on-demand at run time: is a domain vulnerable to XSA-153, by how many pages, and what is done about it.
 * {@link org.xenjava.toolstack.pod.PodStatus} is one reading of Xen's counters, {@link
 * org.xenjava.toolstack.pod.PodCheck} the advisory's own words for it, {@link org.xenjava.toolstack.pod.PodGuard}
 * watches until no domain is short of pages. Works for any domain, whoever built it.
 */
@NullMarked
package org.xenjava.toolstack.pod;

import org.jspecify.annotations.NullMarked;
