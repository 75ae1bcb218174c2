// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

/** Receives the events of a domain's memory. */
public interface MemoryEvents {
    /** Prints a line on Xen's console. */
    void print(String line);

    /** Crashes the domain. */
    void crash(Actor actor, String sourceLine);

    /** Reports that the last page of a dead domain was freed. */
    void emptied();
}
