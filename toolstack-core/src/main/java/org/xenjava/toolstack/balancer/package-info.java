// SPDX-License-Identifier: Apache-2.0
/**
 * The balancer of host memory: reads the host, lets the policy of {@code org.xenjava.toolstack.balance} decide, and sets
 * the sizes of guests. One balancer acts on a host; it holds a lease in xenstore. Requests for memory come through
 * xenstore too, from any process.
 */
@NullMarked
package org.xenjava.toolstack.balancer;

import org.jspecify.annotations.NullMarked;
