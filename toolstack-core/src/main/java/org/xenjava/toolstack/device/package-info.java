// SPDX-License-Identifier: Apache-2.0
/**
 * A guest's devices, where they are not Xen's: QEMU, a process of its own for each guest that needs one, is started,
 * watched, spoken to over QMP and stopped here. What it is told is
 * decided by {@link org.xenjava.toolstack.device.plan.QemuPlan}; what becomes of it is found in xenstore and {@code
 * /proc} alone, so that another process can end what a dead one began.
 */
@NullMarked
package org.xenjava.toolstack.device;

import org.jspecify.annotations.NullMarked;
