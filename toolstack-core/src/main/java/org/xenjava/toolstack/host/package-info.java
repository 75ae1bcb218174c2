// SPDX-License-Identifier: Apache-2.0
/** Descriptions of a host: Xen, its build, its CPUs, its memory and their places. */
@NullMarked
package org.xenjava.toolstack.host;

import org.jspecify.annotations.NullMarked;
