// SPDX-License-Identifier: Apache-2.0
/**
 * The rules of memory on a simulated Xen host, without the bytes of hypercalls: owners of pages, maps from guest
 * frames to them, populate-on-demand with cache, reclaim and crash, claims, and the content of pages. All of it is
 * sparse and run-length encoded, so that the cost of a guest depends on its fragmentation and not on its size. No
 * class is safe for concurrent use: {@code SimulatedXen} holds one lock around the package.
 */
@NullMarked
package org.xenjava.toolstack.sim.memory;

import org.jspecify.annotations.NullMarked;
