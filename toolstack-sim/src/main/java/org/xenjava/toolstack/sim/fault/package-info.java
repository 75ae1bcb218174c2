// SPDX-License-Identifier: Apache-2.0
/**
 * Faults on demand: {@link org.xenjava.toolstack.sim.fault.FaultInjection} stands between a toolstack and any
 * {@link org.xenjava.toolstack.xenctrl.lib.XenLibraries}, counts the calls that cross, and lets chosen ones fail, lose
 * their answer, or kill the process. So a test can strike at every single call of an operation and see whether
 * something is left behind. It neither knows nor changes what the calls mean.
 */
@NullMarked
package org.xenjava.toolstack.sim.fault;

import org.jspecify.annotations.NullMarked;
