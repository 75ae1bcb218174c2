// SPDX-License-Identifier: Apache-2.0
/**
 * Populate-on-demand at run time: is a domain vulnerable to XSA-153, and by how many pages. {@link
 * org.xenjava.toolstack.pod.PodStatus} is one reading of Xen's counters, {@link org.xenjava.toolstack.pod.PodCheck}
 * the advisory's own words for it. Works for any domain, whoever built it.
 */
@NullMarked
package org.xenjava.toolstack.pod;

import org.jspecify.annotations.NullMarked;
