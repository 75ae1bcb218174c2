// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.memory.MemoryPlan;

/**
 * The part of a plan that a create and a restore have in common.
 *
 * @param config the configuration
 * @param memory the sizes of the memory
 * @param devices disks, network cards and QEMU
 */
record GuestPlan(DomainConfig config, MemoryPlan memory, DevicePlan devices) {}
