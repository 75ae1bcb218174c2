// SPDX-License-Identifier: Apache-2.0
/**
 * The typed hypercalls: Java values in, bytes of the running Xen's release to the libraries, Java values or a
 * {@link org.xenjava.toolstack.xenctrl.HypercallException} out. Domids are ints and sizes are pages, KiB or bytes,
 * as each name says. Nothing here decides anything; that is the toolstack's part.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl;

import org.jspecify.annotations.NullMarked;
