// SPDX-License-Identifier: Apache-2.0
/**
 * The state of PV guests in a stream. A PV guest has no address space of its own: its page tables, its list of pages and
 * the registers of its vCPUs contain machine frames. A stream has pfns in their place, the guest's own numbers of its
 * pages, which a restore replaces by the machine frames that it gets.
 */
@NullMarked
package org.xenjava.toolstack.save.pv;

import org.jspecify.annotations.NullMarked;
