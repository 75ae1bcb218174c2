// SPDX-License-Identifier: Apache-2.0
/**
 * The memory of a PV guest at its start, computed without effects: the order of its parts, its page tables, its start
 * info and the registers of its first vCPU ({@code xen/include/public/xen.h}, {@code arch-x86/xen.h}; the same from Xen
 * 4.14 to 4.22). A PV guest has no address space of its own: its page tables contain machine frames.
 */
@NullMarked
package org.xenjava.toolstack.image.pv;

import org.jspecify.annotations.NullMarked;
