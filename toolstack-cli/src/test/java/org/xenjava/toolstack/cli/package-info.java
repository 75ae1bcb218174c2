// SPDX-License-Identifier: Apache-2.0
/**
 * Tests of {@code xlj}: each runs whole commands in this process, on a simulated Xen, and looks at what they print
 * and at their exit status. No terminal, no clock and no process is involved.
 */
@NullMarked
package org.xenjava.toolstack.cli;

import org.jspecify.annotations.NullMarked;
