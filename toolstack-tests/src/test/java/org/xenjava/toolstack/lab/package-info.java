// SPDX-License-Identifier: Apache-2.0
/**
 * The suite that runs in the dom0 of a real Xen: everything that the project claims of guests, seen. Tagged {@code
 * lab}; {@code lab/suite} boots the machine and runs it there, {@code LabIT} makes its results Maven's.
 */
@NullMarked
package org.xenjava.toolstack.lab;

import org.jspecify.annotations.NullMarked;
