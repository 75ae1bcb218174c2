// SPDX-License-Identifier: Apache-2.0
/**
 * The arithmetic of a guest's memory: units, the guest-physical layout, and the plan of what is populated, claimed
 * and told to Xen and to the guest. Pure: no hypercall, no I/O, no clock. {@link
 * org.xenjava.toolstack.memory.PodPolicy} holds the rule against XSA-153.
 */
@NullMarked
package org.xenjava.toolstack.memory;

import org.jspecify.annotations.NullMarked;
