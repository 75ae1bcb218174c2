// SPDX-License-Identifier: Apache-2.0
/**
 * Changes the memory that a running domain owns and may own. Every change reads the domain, decides without effects,
 * calls Xen under a claim on host memory, and then commits to xenstore in one short transaction if the values that it
 * read are unchanged. No hypercall is issued while a transaction is open.
 */
@NullMarked
package org.xenjava.toolstack.resize;

import org.jspecify.annotations.NullMarked;
