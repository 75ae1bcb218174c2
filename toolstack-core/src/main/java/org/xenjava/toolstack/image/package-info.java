// SPDX-License-Identifier: Apache-2.0
/**
 * What a guest finds when it starts: in its memory the kernel or the firmware, the start info, the memory map and the
 * tables, in its CPUs their first state and features. {@link org.xenjava.toolstack.image.ImagePlan} decides all of it, and
 * refuses what cannot boot, before the first hypercall. Pure functions from bytes to bytes; {@link
 * org.xenjava.toolstack.image.GuestMemory} is the only thing written to.
 */
@NullMarked
package org.xenjava.toolstack.image;

import org.jspecify.annotations.NullMarked;
