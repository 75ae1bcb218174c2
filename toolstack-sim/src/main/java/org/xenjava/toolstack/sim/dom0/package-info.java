// SPDX-License-Identifier: Apache-2.0
/**
 * The simulated control domain: its kernel with loop devices and network interfaces, back ends, xenconsoled,
 * xenstored's access to domains, and the library handles of its processes.
 */
@NullMarked
package org.xenjava.toolstack.sim.dom0;

import org.jspecify.annotations.NullMarked;
