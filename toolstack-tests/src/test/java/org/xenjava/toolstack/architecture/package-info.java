// SPDX-License-Identifier: Apache-2.0
/**
 * The rules that hold the house up, checked over the compiled classes: arrows only point to the right, the pure rooms
 * do no I/O, and native code is loaded in one place. What a rule forbids fails the build; a new room needs a rule.
 */
@NullMarked
package org.xenjava.toolstack.architecture;

import org.jspecify.annotations.NullMarked;
