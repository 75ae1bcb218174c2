// SPDX-License-Identifier: Apache-2.0
/**
 * Xen's side of the hypercall interface: decodes the bytes of dom0's calls as the simulated release does, checks the
 * arguments in Xen's order and changes the {@link org.xenjava.toolstack.sim.machine.Machine}. One class for each
 * subject: memory, domains, HVM, the host, event channels.
 */
@NullMarked
package org.xenjava.toolstack.sim.hypercall;

import org.jspecify.annotations.NullMarked;
