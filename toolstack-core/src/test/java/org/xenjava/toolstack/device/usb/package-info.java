// SPDX-License-Identifier: Apache-2.0
@NullMarked
package org.xenjava.toolstack.device.usb;

import org.jspecify.annotations.NullMarked;
