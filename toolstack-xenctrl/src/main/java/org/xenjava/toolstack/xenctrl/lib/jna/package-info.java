// SPDX-License-Identifier: Apache-2.0
/**
 * The libraries of a real Xen host, through JNA's direct mapping. The only place in the project that loads native
 * code; when a library, the driver or a privilege is missing, the exception says what to install or do. Opening
 * allocates nothing that closing does not free.
 */
@NullMarked
package org.xenjava.toolstack.xenctrl.lib.jna;

import org.jspecify.annotations.NullMarked;
