// SPDX-License-Identifier: Apache-2.0
/**
 * What runs inside simulated domains: firmware that hides pages, balloon drivers with the arithmetic of the real
 * ones and their misbehaviour, and memory loads. A guest sees only what a real one sees, the keys in xenstore and
 * its memory map, and it acts only when virtual time passes. The arithmetic of each driver family is that of its
 * source code; where a number was measured, it says so.
 */
@NullMarked
package org.xenjava.toolstack.sim.guest;

import org.jspecify.annotations.NullMarked;
