// SPDX-License-Identifier: Apache-2.0
/**
 * Decides a guest's devices before any of them exists: for each disk what serves it and which file or device it is, for
 * each card its interfaces, and QEMU's arguments. The package is pure; what it needs to know about the host it asks
 * through {@link org.xenjava.toolstack.device.plan.HostInventory}. {@code device} and {@code device.pv} execute the plan.
 */
@NullMarked
package org.xenjava.toolstack.device.plan;

import org.jspecify.annotations.NullMarked;
