// SPDX-License-Identifier: Apache-2.0
/**
 * The description of guests for tests: balloon drivers by family, with pace and defects, firmware, habits, and the
 * handle by which a test drives a running guest.
 */
@NullMarked
package org.xenjava.toolstack.sim.guest;

import org.jspecify.annotations.NullMarked;
