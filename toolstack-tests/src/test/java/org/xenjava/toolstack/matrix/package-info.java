// SPDX-License-Identifier: Apache-2.0
/**
 * The guests that XSA-153 crashes and those that survive: guests of both types whose drivers stop short by ever more
 * pages, under every rule, with and without the guard, each loaded until it has filled all its memory or is dead.
 * {@link org.xenjava.toolstack.matrix.Matrix} says which, once; it is tried on real Xen ({@code lab/matrix}), whose
 * findings are kept, and on the simulated one, which must find the same cell by cell. What is kept is also the table
 * in {@code docs/matrix.md}.
 */
@NullMarked
package org.xenjava.toolstack.matrix;

import org.jspecify.annotations.NullMarked;
