// SPDX-License-Identifier: Apache-2.0
/**
 * The typed hypercalls. A call encodes Java values in the layouts of the running Xen's release and returns Java values
 * or throws a {@link org.xenjava.toolstack.xenctrl.HypercallException}. Domids are ints; sizes are pages, KiB or bytes,
 * as the name says. The package makes no decisions.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl;

import org.jspecify.annotations.NullMarked;
