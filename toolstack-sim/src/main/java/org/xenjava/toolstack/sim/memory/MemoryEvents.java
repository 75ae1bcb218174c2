// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

/** What a domain's memory tells the hypervisor around it. */
public interface MemoryEvents {
    /** Xen prints a line on its console. */
    void print(String line);

    /** Xen crashes the domain. */
    void crash(Actor actor, String sourceLine);

    /** A dead domain's last page is gone. */
    void emptied();
}
