// SPDX-License-Identifier: Apache-2.0
/** {@code xlj top}: the domains with their use of CPUs, memory, networks and disks, again and again. */
@NullMarked
package org.xenjava.toolstack.cli.top;

import org.jspecify.annotations.NullMarked;
