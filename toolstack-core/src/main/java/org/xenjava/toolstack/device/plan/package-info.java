// SPDX-License-Identifier: Apache-2.0
/**
 * Decides a guest's devices before any of them exists: the server and the identity of each disk, the interfaces of
 * each card, and QEMU's arguments. The package has no effects; it asks about the host through {@link
 * org.xenjava.toolstack.device.plan.HostInventory}. {@code device} and {@code device.pv} execute the plan.
 */
@NullMarked
package org.xenjava.toolstack.device.plan;

import org.jspecify.annotations.NullMarked;
