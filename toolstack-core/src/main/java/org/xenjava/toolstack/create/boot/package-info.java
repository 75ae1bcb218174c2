// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel with which a PVH guest starts, where its configuration does not name that kernel: the files that a boot loader
 * finds on the guest's disk, and the PV shim around the kernel of a PV guest.
 */
@NullMarked
package org.xenjava.toolstack.create.boot;

import org.jspecify.annotations.NullMarked;
