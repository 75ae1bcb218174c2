// SPDX-License-Identifier: Apache-2.0
/**
 * The places of a new domain: its pool of CPUs, the CPUs of its vCPUs, the NUMA nodes of its memory, and
 * the memory that its devices need at fixed addresses.
 */
@NullMarked
package org.xenjava.toolstack.create.placement;

import org.jspecify.annotations.NullMarked;
