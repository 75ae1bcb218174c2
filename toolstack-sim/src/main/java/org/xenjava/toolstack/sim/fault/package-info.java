// SPDX-License-Identifier: Apache-2.0
/**
 * Fault injection: {@link org.xenjava.toolstack.sim.fault.FaultInjection} stands between a toolstack and any
 * {@link org.xenjava.toolstack.xenctrl.lib.XenLibraries}, counts the calls, and lets chosen ones fail, lose their
 * answer, or kill the process. A test can inject a fault at every single call of an operation and check with
 * {@link org.xenjava.toolstack.sim.fault.MachineState} that nothing is left behind.
 */
@NullMarked
package org.xenjava.toolstack.sim.fault;

import org.jspecify.annotations.NullMarked;
