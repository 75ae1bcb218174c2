// SPDX-License-Identifier: Apache-2.0
/**
 * Tests by repetition: races of two processes and leaks. The plain suite runs a few rounds; {@code toolstack-tests/soak}
 * runs thousands.
 */
@NullMarked
package org.xenjava.toolstack.soak;

import org.jspecify.annotations.NullMarked;
