// SPDX-License-Identifier: Apache-2.0
/**
 * Byte layouts and numbers of Xen's public interface, as data: one description per struct, and one file per Xen
 * release for what differs between releases. No I/O beyond reading its own resources, no state. Adding a release
 * means adding a file and its name to {@link org.xenjava.toolstack.xenctrl.abi.XenAbi}, not a branch.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.abi;

import org.jspecify.annotations.NullMarked;
