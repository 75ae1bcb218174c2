// SPDX-License-Identifier: Apache-2.0
/**
 * A Xen in memory: implements the library interfaces, decodes the very bytes that real Xen would get and answers as
 * Xen answers. The default for development and tests on machines without Xen, and a public test double for the
 * library's users. Deterministic, and in virtual time.
 */
@NullMarked
package org.xenjava.toolstack.sim;

import org.jspecify.annotations.NullMarked;
