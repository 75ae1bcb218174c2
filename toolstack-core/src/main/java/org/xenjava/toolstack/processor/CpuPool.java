// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * A pool of CPUs, as it was when it was read.
 *
 * @param id its number in Xen
 * @param name its name in xenstore; empty if it has none
 * @param scheduler its scheduler; empty if it is one that this library does not know
 * @param cpus its CPUs
 * @param domains number of domains in it
 */
public record CpuPool(int id, String name, Optional<Scheduler> scheduler, CpuSet cpus, int domains) {
    /** {@return the name, or the number of a pool without a name} */
    @Override
    public String toString() {
        return "pool " + (name.isEmpty() ? Integer.toString(id) : "'" + name + "'");
    }
}
