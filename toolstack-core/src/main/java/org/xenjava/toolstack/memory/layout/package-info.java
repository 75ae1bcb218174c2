// SPDX-License-Identifier: Apache-2.0
/** The fixed addresses in the guest-physical memory of HVM and PVH domains. */
@NullMarked
package org.xenjava.toolstack.memory.layout;

import org.jspecify.annotations.NullMarked;
