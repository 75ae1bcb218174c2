// SPDX-License-Identifier: Apache-2.0
/**
 * A running domain's devices as its caller sees them: what xenstore holds of disks and cards, and what QEMU shows of
 * the screen. Values only.
 */
@NullMarked
package org.xenjava.toolstack.device.view;

import org.jspecify.annotations.NullMarked;
