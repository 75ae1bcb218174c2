// SPDX-License-Identifier: Apache-2.0
/**
 * The rules of memory on a simulated Xen host, without a byte of its interface: who owns which page, what a guest
 * frame maps to, populate-on-demand with its cache, its reclaim and its death, claims, and the content of pages.
 * Everything is sparse and run-length encoded, so that a guest of a terabyte costs what its fragmentation costs.
 * Nothing here is safe for concurrent use: {@code SimulatedXen} holds one lock around it.
 */
@NullMarked
package org.xenjava.toolstack.sim.memory;

import org.jspecify.annotations.NullMarked;
