// SPDX-License-Identifier: Apache-2.0
/**
 * xenstored in memory: a tree of nodes with permissions, transactions that fail with EAGAIN after a conflicting
 * change, and watches. It behaves like the C xenstored of Xen 4.17, without quotas. Domains come and go by
 * {@code @introduceDomain} and {@code @releaseDomain}.
 */
@NullMarked
package org.xenjava.toolstack.sim.store;

import org.jspecify.annotations.NullMarked;
