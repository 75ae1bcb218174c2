// SPDX-License-Identifier: Apache-2.0
/**
 * Paravirtual disks and network cards: the nodes through which a guest's front end and dom0's back end find each other,
 * as libxl 4.17 writes them, so that xl lists and detaches ours and we its. What goes into xenstore is computed by pure
 * functions ({@link org.xenjava.toolstack.device.plan.DevicePlan}); what the host
 * has to provide behind it, loop devices and bridges, is taken and given back over {@code HostDevices}, without hotplug
 * scripts. All that is needed to clean up stands in xenstore before it is done, since the process may die at any moment.
 */
@NullMarked
package org.xenjava.toolstack.device.pv;

import org.jspecify.annotations.NullMarked;
