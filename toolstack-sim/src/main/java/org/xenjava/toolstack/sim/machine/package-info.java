// SPDX-License-Identifier: Apache-2.0
/**
 * The simulated hypervisor's state: domains with their memory, event channels, grant tables and parameters, its
 * console, and virtual time. {@link org.xenjava.toolstack.sim.machine.Machine} holds it together under one lock. The
 * package knows neither the bytes of hypercalls nor what runs in domains, which follows by
 * {@link org.xenjava.toolstack.sim.machine.DomainListener}.
 */
@NullMarked
package org.xenjava.toolstack.sim.machine;

import org.jspecify.annotations.NullMarked;
