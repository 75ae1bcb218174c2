// SPDX-License-Identifier: Apache-2.0
/** The commands about USB devices of the host that guests use. They are xl's, and print what xl prints. */
@NullMarked
package org.xenjava.toolstack.cli.usb;

import org.jspecify.annotations.NullMarked;
