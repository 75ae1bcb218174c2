// SPDX-License-Identifier: Apache-2.0
/**
 * The simulated Xen against the real one: the same random operations on a paused domain of each, compared step by
 * step in result, errno and counters. In the lab the other side is real Xen; where it proves the simulation wrong,
 * Xen is right. A difference is shrunk to the fewest steps that still show it.
 */
@NullMarked
package org.xenjava.toolstack.differential;

import org.jspecify.annotations.NullMarked;
