// SPDX-License-Identifier: Apache-2.0
/**
 * What a PVH guest starts with, where that is not the kernel that its configuration names: the files that a boot loader
 * finds on the guest's disk, and the PV shim around the kernel of a PV guest.
 */
@NullMarked
package org.xenjava.toolstack.create.boot;

import org.jspecify.annotations.NullMarked;
