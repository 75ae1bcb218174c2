// SPDX-License-Identifier: Apache-2.0
/**
 * Paravirtual disks and network cards: the nodes through which a guest's front end and dom0's back end find each
 * other, as libxl 4.17 writes them, so that xl and this library list and detach each other's devices. Pure functions
 * compute the nodes ({@link org.xenjava.toolstack.device.plan.DevicePlan}). Loop devices and bridges are acquired and
 * released through {@code HostDevices}, without hotplug scripts. The information for a cleanup is in xenstore before
 * each effect, because the process may die at any moment.
 */
@NullMarked
package org.xenjava.toolstack.device.pv;

import org.jspecify.annotations.NullMarked;
