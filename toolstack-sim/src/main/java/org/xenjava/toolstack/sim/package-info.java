// SPDX-License-Identifier: Apache-2.0
/**
 * A simulated Xen host: an implementation of the library interfaces that decodes the bytes of hypercalls and answers as
 * Xen does. Tests of the toolstack and of programs that embed it run on it without Xen, deterministically and in
 * virtual time. {@link org.xenjava.toolstack.sim.SimulatedXen} composes the parts: Xen's state (machine, memory), its
 * interface (hypercall), dom0 with xenstored (dom0, store) and the guests (guest, guestos).
 */
@NullMarked
package org.xenjava.toolstack.sim;

import org.jspecify.annotations.NullMarked;
