// SPDX-License-Identifier: Apache-2.0
/**
 * A guest's devices, where they are not Xen's: QEMU, a process of its own for each guest that needs one, is started,
 * watched, spoken to over QMP and stopped here. What it is told is a pure function of the guest's configuration ({@link
 * org.xenjava.toolstack.device.QemuCommandLine}); what becomes of it is found in xenstore and {@code /proc} alone, so
 * that another process can end what a dead one began. The rest of the house knows it as {@link
 * org.xenjava.toolstack.create.DeviceModel}, and only the root names this room.
 */
@NullMarked
package org.xenjava.toolstack.device;

import org.jspecify.annotations.NullMarked;
