// SPDX-License-Identifier: Apache-2.0
/** Tests of the package of the same name: whole commands on a simulated Xen, and their parts. */
@NullMarked
package org.xenjava.toolstack.cli.usb;

import org.jspecify.annotations.NullMarked;
