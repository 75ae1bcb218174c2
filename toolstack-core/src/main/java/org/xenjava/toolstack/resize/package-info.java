// SPDX-License-Identifier: Apache-2.0
/**
 * Changes how much memory a running domain owns and may own. Every change reads the domain, decides without effects,
 * gives Xen its orders under a claim on host memory, and then commits to xenstore in one short transaction, provided
 * that what it read still holds. No hypercall is issued while a transaction is open.
 */
@NullMarked
package org.xenjava.toolstack.resize;

import org.jspecify.annotations.NullMarked;
