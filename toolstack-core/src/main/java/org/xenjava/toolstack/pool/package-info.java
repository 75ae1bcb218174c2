// SPDX-License-Identifier: Apache-2.0
/** Domains that are prepared ahead of need, for creates that must be quick. Off unless a caller starts a pool. */
@NullMarked
package org.xenjava.toolstack.pool;

import org.jspecify.annotations.NullMarked;
