// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import org.xenjava.toolstack.pod.DomainLock;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.resize.MemoryResize;
import org.xenjava.toolstack.room.ControlDomainSize;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;

/**
 * The parts of a toolstack that a balancer works with.
 *
 * @param xenctrl the hypercalls
 * @param store xenstore
 * @param processes signs the lease, and shows which other balancers may be alive
 * @param resize sets the sizes of guests
 * @param controlDomainSize sets the size of domain 0
 * @param controlDomain domain 0's own system
 * @param lock held while a domain is changed
 */
@SuppressWarnings("exports")
public record BalancerParts(
        Xenctrl xenctrl,
        StoreClient store,
        ProcessIdentity processes,
        MemoryResize resize,
        ControlDomainSize controlDomainSize,
        ControlDomain controlDomain,
        DomainLock lock) {}
