// SPDX-License-Identifier: Apache-2.0
/**
 * The device server of a driver domain: a process in a domain other than domain 0 that connects the disks and network
 * cards which the kernel of its domain serves for other domains. It uses xenstore and its own kernel, and makes no
 * hypercalls.
 */
@NullMarked
package org.xenjava.toolstack.driverdomain;

import org.jspecify.annotations.NullMarked;
