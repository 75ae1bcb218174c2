// SPDX-License-Identifier: Apache-2.0
/**
 * One Java interface per stable C library of Xen, method for method, one for what dom0's kernel provides, and the
 * values they exchange. Everything that leaves the JVM for the hypervisor, xenstored or that kernel's devices crosses
 * these interfaces, so that real Xen (JNA), a simulated one and a recording are interchangeable. A failed call throws {@link
 * org.xenjava.toolstack.xenctrl.lib.XenLibException} with errno.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.lib;

import org.jspecify.annotations.NullMarked;
