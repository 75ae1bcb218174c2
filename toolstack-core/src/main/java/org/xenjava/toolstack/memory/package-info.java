// SPDX-License-Identifier: Apache-2.0
/**
 * The arithmetic of a guest's memory: its guest-physical layout, and the plan of the sizes that are populated,
 * claimed and told to Xen and to the guest. The package makes no hypercall, does no I/O and reads no clock. {@link
 * org.xenjava.toolstack.memory.PodPolicy} is the rule against XSA-153.
 */
@NullMarked
package org.xenjava.toolstack.memory;

import org.jspecify.annotations.NullMarked;
