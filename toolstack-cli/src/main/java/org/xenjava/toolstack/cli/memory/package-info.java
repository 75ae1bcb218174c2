// SPDX-License-Identifier: Apache-2.0
/** Commands for memory and populate-on-demand: sizes, the check of XSA-153 and the guard. */
@NullMarked
package org.xenjava.toolstack.cli.memory;

import org.jspecify.annotations.NullMarked;
