// SPDX-License-Identifier: Apache-2.0
/**
 * Gives USB devices of the host to guests, by QEMU's emulated controllers, and returns them to the host's drivers. Each
 * change is recorded before it begins, so that another process can complete it.
 */
@NullMarked
package org.xenjava.toolstack.device.usb;

import org.jspecify.annotations.NullMarked;
