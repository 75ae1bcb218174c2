// SPDX-License-Identifier: Apache-2.0
/**
 * What a guest finds in its memory when it starts: kernels, the PVH start info, ACPI tables, the memory map. Pure
 * functions from bytes to bytes; {@link org.xenjava.toolstack.image.GuestMemory} is the only thing written to.
 */
@NullMarked
package org.xenjava.toolstack.image;

import org.jspecify.annotations.NullMarked;
