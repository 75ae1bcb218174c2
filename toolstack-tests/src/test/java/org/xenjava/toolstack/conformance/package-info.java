// SPDX-License-Identifier: Apache-2.0
/**
 * Comparisons of the calls of this project's builder and mem-set with those of libxl for the same guest: recordings of real
 * {@code xl} on one side, our own trace from a simulated machine on the other, both brought into the same words.
 * Every difference stands in {@code docs/conformance.md} with its reason; the tests hold the document to what they
 * find, in both directions.
 */
@NullMarked
package org.xenjava.toolstack.conformance;

import org.jspecify.annotations.NullMarked;
