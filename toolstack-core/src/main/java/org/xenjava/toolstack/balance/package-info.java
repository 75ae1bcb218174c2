// SPDX-License-Identifier: Apache-2.0
/**
 * The policy of the balancer of host memory, without effects. A snapshot of the host goes in, a decision comes out:
 * new targets, answers to requests for memory, and findings about guests. Time comes with the snapshot, so that the
 * whole policy runs in virtual time.
 */
@NullMarked
package org.xenjava.toolstack.balance;

import org.jspecify.annotations.NullMarked;
