// SPDX-License-Identifier: Apache-2.0
/**
 * Our layouts and numbers against Xen's own headers. The facts come from the C compiler ({@code
 * toolstack-tests/abi/generate}) and are committed, so that the comparison needs neither compiler nor headers; where
 * both are installed, another test asks them again.
 */
@NullMarked
package org.xenjava.toolstack.tests.abi;

import org.jspecify.annotations.NullMarked;
