// SPDX-License-Identifier: Apache-2.0
/**
 * The software in simulated domains at work: firmware that hides pages, balloon drivers with the arithmetic of the
 * real ones, paravirtual front ends, memory loads. A guest sees what a real one sees, xenstore and its memory map,
 * and acts only when virtual time passes. The arithmetic of each driver family is that of its source code.
 */
@NullMarked
package org.xenjava.toolstack.sim.guestos;

import org.jspecify.annotations.NullMarked;
