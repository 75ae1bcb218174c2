// SPDX-License-Identifier: Apache-2.0
/**
 * Values about processors: lists of CPUs as users write them, the states of vCPUs and of pools, shares, scheduler
 * parameters, and the NUMA nodes that a guest sees. {@link org.xenjava.toolstack.Domain#processors} and {@link org.xenjava.toolstack.Toolstack#cpuPools} use
 * them.
 */
@NullMarked
package org.xenjava.toolstack.processor;

import org.jspecify.annotations.NullMarked;
