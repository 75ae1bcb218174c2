// SPDX-License-Identifier: Apache-2.0
/**
 * The services that the operations on one host share: hypercalls, xenstore, the executors of plans, and locks. The
 * toolstack connects them once; its domains and supervisors use them.
 */
@NullMarked
package org.xenjava.toolstack.context;

import org.jspecify.annotations.NullMarked;
