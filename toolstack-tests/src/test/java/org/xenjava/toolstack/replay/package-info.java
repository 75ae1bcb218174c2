// SPDX-License-Identifier: Apache-2.0
/**
 * Our own builds and resizes on a real Xen, recorded once and replayed in every test run without one: a scenario is
 * code that runs in both places. The traces are in {@code src/test/resources/traces}; {@code lab/record} makes them.
 * A change in what the builder says to Xen shows as the first call that differs.
 */
@NullMarked
package org.xenjava.toolstack.replay;

import org.jspecify.annotations.NullMarked;
