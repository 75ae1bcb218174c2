// SPDX-License-Identifier: Apache-2.0
/**
 * xenstored in memory: a tree of nodes with permissions, transactions that fail with EAGAIN when another change
 * came between, and watches. It behaves as the C xenstored of Xen 4.17 does; quotas are left out. Domains come and
 * go by {@code @introduceDomain} and {@code @releaseDomain}.
 */
@NullMarked
package org.xenjava.toolstack.sim.store;

import org.jspecify.annotations.NullMarked;
