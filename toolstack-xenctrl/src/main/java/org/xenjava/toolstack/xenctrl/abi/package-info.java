// SPDX-License-Identifier: Apache-2.0
/**
 * The byte layouts and numbers of Xen's public interface, as data: one description for each struct, and one file for
 * each Xen release with its differences. The package reads only its own resources and has no state. A new release needs
 * a new file and its name in {@link org.xenjava.toolstack.xenctrl.abi.XenAbi}, and no branch in code.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.abi;

import org.jspecify.annotations.NullMarked;
